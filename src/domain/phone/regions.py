#!/usr/bin/env python3
"""Writes `regions.tsv`: which country a number belongs to, where several share its calling code.

    pip install phonenumbers && python3 regions.py

`phonenumbers` carries the metadata of Google's libphonenumber (Apache License 2.0); its version becomes the first line.

A line for each place where the country changes, in the order of the digits: `1204<tab>CA` means that numbers from 1204 on, up
to the next line, are Canada's; without a country the calling code itself tells it. Digits compare as fractions do: 12 stands
between 119 and 121. What several countries have in common, as toll-free numbers, is the main one's, as libphonenumber says.
"""

import os

import phonenumbers
from numbering import Pattern
from phonenumbers import PhoneMetadata as Metadata

HERE = os.path.dirname(os.path.abspath(__file__))
DEPTH = 7


class Region:
    """What a region's numbers begin with."""

    def __init__(self, name):
        metadata = Metadata.metadata_for_region(name)
        self.name = name
        self.leading = Pattern(metadata.leading_digits, prefix=True) if metadata.leading_digits else None
        lines = [metadata.fixed_line, metadata.mobile]
        patterns = [line.national_number_pattern for line in lines if line and line.national_number_pattern]
        self.lines = [Pattern(pattern) for pattern in patterns]


def walk(pattern, digits):
    state = pattern.start
    for digit in digits:
        state = pattern.step(state, int(digit))
    return state


def beginnings(regions, digits=""):
    """Beginnings and whose they are, the first of `regions` being the main one."""
    led = [region for region in regions if region.leading]
    own = next((r for r in led if digits and r.leading.accepts(walk(r.leading, digits))), None)
    if own:
        yield digits, own.name
        return
    maybe_led = [region for region in led if walk(region.leading, digits)]
    alive = [r for r in regions if not r.leading and any(walk(line, digits) for line in r.lines)]
    alive += [r for r in maybe_led if r not in alive]
    if len(alive) < 2 or len(digits) == DEPTH:
        sure = alive and not (maybe_led and alive == maybe_led)
        yield digits, (alive[0] if sure else regions[0]).name
        return
    for digit in "0123456789":
        yield from beginnings(regions, digits + digit)


def main():
    lines, last = [], ""
    codes = [(str(code), names) for code, names in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if len(names) > 1]
    for code, names in sorted(codes):
        regions = [Region(name) for name in names]
        for digits, name in beginnings(regions):
            # A main region needs no line: its calling code names it.
            name = "" if name == names[0] else name
            if name != last:
                lines.append(f"{code}{digits}\t{name}\n")
                last = name
        if last:
            lines.append(f"{int(code) + 1}\t\n")
            last = ""
    with open(os.path.join(HERE, "regions.tsv"), "w") as file:
        file.write(f"# phonenumbers {phonenumbers.__version__}\n")
        file.writelines(lines)
    print(len(lines), "changes")


if __name__ == "__main__":
    main()
