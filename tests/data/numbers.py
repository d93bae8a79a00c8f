#!/usr/bin/env python3
"""Writes `numbers.tsv`: what Google's libphonenumber says of more than 25,000 numbers, valid and not, of all regions.

    pip install phonenumbers && python3 numbers.py

The same seed makes the same numbers; the first line names the version that judged them. A line is a question and
its answer. The question is a region and digits as they are dialled there, or `+` and digits of an international
number. The answer is `v` for a valid number, with its form in E.164 where that isn't the question itself; `p` for one of a
possible length that no plan lists; or `i`.
"""

import os
import random
from re import _parser as regex

import phonenumbers
from phonenumbers import PhoneMetadata as Metadata

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = (
    "general_desc fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail"
).split()
DIGITS = "0123456789"
# What the library that sendcast used before took for valid, and what is read in its own way.
NAMED = "5511705840684 97233142764978 951234567 95951234567 5215512345678 541115123456789 5491123456789".split()
chance = random.Random(20261130)


def sample(items):
    """A text that the pattern matches."""
    out = ""
    for op, value in items:
        op = str(op)
        if op == "LITERAL":
            out += chr(value)
        elif op == "IN":
            kind, what = chance.choice(value)
            kind = str(kind)
            low, high = (48, 57) if kind == "CATEGORY" else (what, what) if kind == "LITERAL" else what
            out += chr(chance.randint(low, high))
        elif op == "SUBPATTERN":
            out += sample(value[3])
        elif op == "BRANCH":
            out += sample(chance.choice(value[1]))
        elif op == "MAX_REPEAT":
            low, high, item = value
            out += "".join(sample(item) for _ in range(chance.randint(low, high)))
    return out


def mutated(digits):
    """The same with a slip of the hand."""
    at = chance.randrange(len(digits))
    slip = chance.randrange(5)
    if slip == 0:
        return digits[:at] + chance.choice(DIGITS) + digits[at + 1 :]
    if slip == 1:
        return digits[:at] + digits[at + 1 :]
    if slip == 2:
        return digits[:at] + chance.choice(DIGITS) + digits[at:]
    if slip == 3:
        return digits + chance.choice(DIGITS)
    return digits[: at + 1] + "".join(chance.choice(DIGITS) for _ in digits[at + 1 :])


def random_digits(length):
    return "".join(chance.choice(DIGITS) for _ in range(length))


def judged(text, region=None):
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return "i"
    if phonenumbers.is_valid_number(number):
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return "v" if written == text else f"v\t{written}"
    # Its parser takes carriers' codes off greedily; the number as it stands, or behind the bare prefix, comes first.
    plain = whole(text, region)
    if plain:
        return "v" if plain == text else f"v\t{plain}"
    return "p" if phonenumbers.is_possible_number(number) else "i"


def whole(text, region):
    """The same number read without carriers' codes, in E.164, where it is valid."""
    digits = text.lstrip("+")
    code = phonenumbers.country_code_for_region(region) if region else None
    if code is None:
        code = next((int(digits[:n]) for n in (1, 2, 3) if int(digits[:n]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), None)
        if code is None:
            return None
        digits = digits[len(str(code)) :]
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    metadata = Metadata.metadata_for_region(region or regions[0]) or Metadata.metadata_for_nongeo_region(code)
    prefix = metadata.national_prefix
    for rest in [digits, digits[len(prefix) :] if prefix and digits.startswith(prefix) else ""]:
        if rest and not rest.startswith("0") and phonenumbers.is_valid_number(phonenumbers.PhoneNumber(code, int(rest))):
            return f"+{code}{rest}"
    return None


def main():
    regions = [(region, Metadata.metadata_for_region(region)) for region in sorted(phonenumbers.SUPPORTED_REGIONS)]
    codes = sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    regions += [(None, Metadata.metadata_for_nongeo_region(code)) for code in codes]
    questions = {(None, "+" + digits) for digits in NAMED}
    for region, metadata in regions:
        code = str(metadata.country_code)
        descs = [getattr(metadata, kind) for kind in KINDS]
        patterns = [regex.parse(desc.national_number_pattern) for desc in descs if desc and desc.national_number_pattern]
        lengths = metadata.general_desc.possible_length
        trunk = metadata.national_prefix or "0"
        for n in range(29):
            # Mobiles and fixed lines the most.
            national = sample(patterns[chance.choice([n, 1, 2]) % len(patterns)])
            for text in (national, mutated(national), random_digits(chance.choice(lengths))):
                if 2 <= len(text) <= 15:
                    questions.add((None, f"+{code}{text}"))
            if region and n < 8:
                questions.add((region, chance.choice(["", trunk]) + national))
                questions.add((region, mutated(national)))
            if n < 3:
                questions.add((None, f"+{code}{trunk}{national}"))
                questions.add((None, f"+{code}{code}{national}"))
    for n in range(2000):
        questions.add((None, "+" + chance.choice("123456789") + random_digits(chance.randint(5, 14))))
    lines = []
    for region, text in sorted(questions, key=lambda q: (q[0] or "", q[1])):
        lines.append(f"{region or ''}{' ' if region else ''}{text}\t{judged(text, region)}\n")
    with open(os.path.join(HERE, "numbers.tsv"), "w") as file:
        file.write(f"# phonenumbers {phonenumbers.__version__}\n")
        file.writelines(lines)
    count = {}
    for line in lines:
        answer = line.split("\t")[1].strip()
        count[answer] = count.get(answer, 0) + 1
    print(len(lines), count)


if __name__ == "__main__":
    main()
