#!/usr/bin/env python3
"""Writes `zones.tsv`: in which time zones Google's libphonenumber has more than 20,000 valid numbers of all regions.

    pip install phonenumbers && python3 zones.py

The numbers are those of `numbers.tsv` and as many more; the same seed makes the same. The first line names the version that
was asked. A line is the zones that the library names, then zones, then the numbers. For a number that doesn't say where it
belongs the library names every zone of its calling code. Where several countries share one, the zones behind that are
those in which the library has fixed lines of the number's own country: it may be in these at least. Elsewhere `=`.
"""

import importlib.util
import os
import random
from re import _parser as regex

import phonenumbers
from phonenumbers import PhoneMetadata as Metadata
from phonenumbers import phonenumberutil, timezone

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("numbers_of_all", os.path.join(HERE, "numbers.py"))
numbers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(numbers)
numbers.chance = random.Random(20261201)


def sampled(region, kinds, count):
    """Valid numbers of a region."""
    metadata = Metadata.metadata_for_region(region)
    descs = [getattr(metadata, kind) for kind in kinds]
    patterns = [regex.parse(desc.national_number_pattern) for desc in descs if desc and desc.national_number_pattern]
    for n in range(count if patterns else 0):
        national = numbers.sample(patterns[n % len(patterns)])
        if national.startswith("0") and metadata.country_code != 39 or len(national) > 12:
            continue
        number = phonenumbers.parse(f"+{metadata.country_code}{national}")
        if phonenumbers.region_code_for_number(number) == region and phonenumbers.is_valid_number(number):
            yield number


def is_placed(number):
    kind = phonenumbers.number_type(number)
    return phonenumberutil.is_number_type_geographical(kind, number.country_code)


def main():
    asked = {}
    for line in open(os.path.join(HERE, "numbers.tsv")):
        question, *answer = line.rstrip("\n").split("\t")
        if question.startswith("+") and answer[0] == "v":
            number = phonenumbers.parse(answer[1] if len(answer) > 1 else question)
            if not phonenumbers.is_valid_number(number):
                continue
            asked[phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)] = number
    at_home = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        homes = set()
        for number in sampled(region, ["fixed_line"], 400):
            if is_placed(number):
                homes.update(timezone.time_zones_for_number(number))
        at_home[region] = " ".join(sorted(homes - {"Etc/Unknown"}))
        for number in sampled(region, ["mobile", "fixed_line", "mobile", "toll_free"], 60):
            asked[phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)] = number
    lines = {}
    for e164, number in sorted(asked.items()):
        region = phonenumbers.region_code_for_number(number)
        zones = " ".join(z for z in timezone.time_zones_for_number(number) if z != "Etc/Unknown")
        shared = len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[number.country_code]) > 1
        least = at_home.get(region, "") if shared and not is_placed(number) else "="
        lines.setdefault((zones, least), []).append(e164[1:])
    with open(os.path.join(HERE, "zones.tsv"), "w") as file:
        file.write(f"# phonenumbers {phonenumbers.__version__}\n")
        for (zones, least), found in sorted(lines.items()):
            file.write(f"{zones}\t{least}\t{' '.join(found)}\n")
    print(len(asked), "numbers,", len(lines), "lines")


if __name__ == "__main__":
    main()
