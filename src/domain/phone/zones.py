#!/usr/bin/env python3
"""Writes `zones.tsv` from the time zones of Google's libphonenumber: in which zones a number may be.

    pip install phonenumbers && python3 zones.py

`phonenumbers` carries that data (Apache License 2.0); its version becomes the first line. After an update also run
`numbering.py` and `tests/data/zones.py`: the suite holds all of them against each other.

Three parts, each behind a line that begins with `#`. First the sets of zones, one a line, the first of them number 0. Then
for numbers that say where they belong (fixed lines, most of North America), then for all others: a line for each place
where the set changes, in the order of the digits. `1201<tab>7` means that numbers from 1201 on, up to the next line, may be
in the zones of set 7; without a set nobody knows. Digits compare as fractions do: 12 stands between 119 and 121.

A number that doesn't say where it belongs may be anywhere in its country. Where countries share a calling code, that is
what the digits behind it tell: +1 876 is Jamaica, whatever kind of line it is.
"""

import os
from re import _parser as regex

import phonenumbers
from numbering import strings
from phonenumbers import PhoneMetadata as Metadata
from phonenumbers.tzdata import TIMEZONE_DATA

HERE = os.path.dirname(os.path.abspath(__file__))
DIGITS = 15


def of_countries():
    """What a number begins with that only tells its country, and the zones of that."""
    zones = {}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if str(code) in TIMEZONE_DATA:
            zones[str(code)] = TIMEZONE_DATA[str(code)]
        for region in regions if regions != ("001",) else ():
            leading = Metadata.metadata_for_region(region).leading_digits
            begins = [f"{code}{digits}" for digits in strings(regex.parse(leading))] if leading else []
            inside = [TIMEZONE_DATA[p] for p in TIMEZONE_DATA if p.startswith(tuple(begins))] if begins else []
            if inside:
                both = tuple(sorted({zone for zones in inside for zone in zones}))
                zones.update((digits, both) for digits in begins)
    return zones


def changes(zones):
    """The places where the set changes, by what the number begins with; the longest beginning counts."""
    size = {prefix: 10 ** (DIGITS - len(prefix)) for prefix in zones}
    starts = {prefix: int(prefix) * size[prefix] for prefix in zones}
    edges = sorted({at for prefix in zones for at in (starts[prefix], starts[prefix] + size[prefix])})
    last = None
    for at in edges:
        digits = str(at).rjust(DIGITS, "0")
        found = next((zones[digits[:n]] for n in range(DIGITS, 0, -1) if digits[:n] in zones), None)
        if found != last and at < 10**DIGITS:
            yield digits.rstrip("0"), found
            last = found


def main():
    tables = [list(changes(TIMEZONE_DATA)), list(changes(of_countries()))]
    sets = sorted({tuple(zones) for table in tables for _, zones in table if zones})
    number = {zones: n for n, zones in enumerate(sets)}
    number[None] = ""
    with open(os.path.join(HERE, "zones.tsv"), "w") as file:
        file.write(f"# phonenumbers {phonenumbers.__version__}: sets of zones\n")
        file.writelines(" ".join(zones) + "\n" for zones in sets)
        for table, what in zip(tables, ["numbers that say where they belong", "all others"]):
            file.write(f"# {what}\n")
            file.writelines(f"{digits}\t{number[zones and tuple(zones)]}\n" for digits, zones in table)
    print(len(sets), "sets,", *(len(table) for table in tables), "changes")


if __name__ == "__main__":
    main()
