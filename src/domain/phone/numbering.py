#!/usr/bin/env python3
"""Writes `numbering.bin` and `numbering.tsv` from the metadata of Google's libphonenumber.

    pip install phonenumbers && python3 numbering.py

`phonenumbers` carries that metadata (Apache License 2.0); its version becomes the first line of `numbering.tsv`.
After an update also run `tests/data/numbers.py`: the suite holds both against each other.

`numbering.bin` is an automaton over the digits of a number in E.164, calling code first, and matches whole numbers:
the first node's number (two bytes, little-endian), then the nodes, 21 bytes each: a class and, for each digit, the next
node. Node 0 is of class 0 and leads nowhere else. The classes: 0 no valid number, 1 a mobile, 2 any other valid number,
and with their place in the number 3 a mobile or a line that can't be told from one, 4 a fixed line.

`numbering.tsv` has a line for each region, sorted: its code (or the calling code of what belongs to no country), its
calling code, with `*` where it is the main region of that, the lengths of its fixed lines and mobiles without the
calling code, the prefixes that are dialled before a national number, and those that are dialled before a calling code.
"""

import os
from re import _parser as regex

import phonenumbers
from phonenumbers import PhoneMetadata as Metadata

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_DIGITS = 15
REJECT, MOBILE, OTHER, PLACED_MOBILE, FIXED = range(5)
# Where a mobile's number says where it belongs (libphonenumber's list).
PLACED_MOBILES = {52, 54, 55, 62, 86}
KINDS = "premium_rate toll_free shared_cost voip personal_number pager uan voicemail".split()


class Pattern:
    """A regular expression over digits as a DFA, made on demand: state 0 is dead, `start` is the first."""

    def __init__(self, source, prefix=False):
        self.edges, self.free = [], []
        first, self.end = self.node(), self.node()
        self.chain(regex.parse(source), first, self.end)
        if prefix:
            self.edges[self.end].append((frozenset(range(10)), self.end))
        self.sets, self.known, self.steps = [frozenset()], {frozenset(): 0}, {}
        self.start = self.intern({first})

    def node(self):
        self.edges.append([])
        self.free.append([])
        return len(self.edges) - 1

    def chain(self, items, at, end):
        for op, value in items:
            after = self.node()
            self.item(str(op), value, at, after)
            at = after
        self.free[at].append(end)

    def item(self, op, value, at, end):
        if op == "LITERAL":
            self.edges[at].append((frozenset([value - 48]), end))
        elif op == "IN":
            self.edges[at].append((frozenset(digits_in(value)), end))
        elif op == "SUBPATTERN":
            self.chain(value[3], at, end)
        elif op == "BRANCH":
            for branch in value[1]:
                self.chain(branch, at, end)
        elif op == "MAX_REPEAT":
            low, high, item = value
            for n in range(high):
                if n >= low:
                    self.free[at].append(end)
                after = self.node()
                self.chain(item, at, after)
                at = after
            self.free[at].append(end)
        else:
            raise ValueError(op)

    def intern(self, nodes):
        todo, closed = list(nodes), set(nodes)
        while todo:
            for to in self.free[todo.pop()]:
                if to not in closed:
                    closed.add(to)
                    todo.append(to)
        key = frozenset(closed)
        if key not in self.known:
            self.known[key] = len(self.sets)
            self.sets.append(key)
        return self.known[key]

    def step(self, state, digit):
        if state == 0:
            return 0
        if (state, digit) not in self.steps:
            nodes = {to for n in self.sets[state] for digits, to in self.edges[n] if digit in digits}
            self.steps[state, digit] = self.intern(nodes) if nodes else 0
        return self.steps[state, digit]

    def accepts(self, state):
        return self.end in self.sets[state]


def digits_in(items):
    for op, value in items:
        if str(op) == "LITERAL":
            yield value - 48
        elif str(op) == "RANGE":
            yield from range(value[0] - 48, value[1] - 47)
        else:
            yield from range(10)


class Region:
    """The patterns of a region: general, the kinds that are no mobiles, fixed lines, mobiles; then what all its
    numbers begin with, where that tells it from others of its calling code."""

    def __init__(self, metadata):
        def rule(desc):
            pattern = desc and desc.national_number_pattern
            return (Pattern(pattern), frozenset(desc.possible_length)) if pattern else None

        self.mobile = PLACED_MOBILE if metadata.country_code in PLACED_MOBILES else MOBILE
        self.general = frozenset(metadata.general_desc.possible_length)
        descs = [metadata.general_desc, *(getattr(metadata, kind) for kind in KINDS)]
        self.rules = [rule(desc) for desc in [*descs, metadata.fixed_line, metadata.mobile]]
        self.same_line = (
            metadata.fixed_line
            and metadata.mobile
            and metadata.fixed_line.national_number_pattern == metadata.mobile.national_number_pattern
        )
        self.leading = Pattern(metadata.leading_digits, prefix=True) if metadata.leading_digits else None

    def patterns(self):
        return [*(rule and rule[0] for rule in self.rules), self.leading]

    def kind(self, states, length):
        def matches(n):
            if not self.rules[n] or not self.rules[n][0].accepts(states[n]):
                return False
            lengths = self.rules[n][1] or self.general
            return length in lengths

        fixed, mobile = len(self.rules) - 2, len(self.rules) - 1
        if not matches(0):
            return REJECT
        if any(matches(n) for n in range(1, fixed)):
            return OTHER
        if matches(fixed):
            return PLACED_MOBILE if self.same_line or matches(mobile) else FIXED
        return self.mobile if matches(mobile) else REJECT

    def claims(self, states, length):
        """Whether a number belongs to this region, asked in the regions' order."""
        if self.leading:
            return self.leading.accepts(states[-1])
        return self.kind(states, length) != REJECT


class Nodes:
    def __init__(self):
        self.rows, self.known = [], {}
        assert self.intern(REJECT, (0,) * 10) == 0

    def intern(self, kind, to):
        if (kind, to) not in self.known:
            self.known[kind, to] = len(self.rows)
            self.rows.append((kind, to))
        return self.known[kind, to]

    def below(self, regions, code_length):
        """The node that is reached behind a calling code."""
        patterns = [region.patterns() for region in regions]
        seen = {}

        def walk(states, length):
            if (states, length) in seen:
                return seen[states, length]
            kind = REJECT
            owner = [0] if len(regions) == 1 else [
                n for n, region in enumerate(regions) if length and region.claims(states[n], length)
            ]
            if owner and length:
                kind = regions[owner[0]].kind(states[owner[0]], length)
            to = (0,) * 10
            if code_length + length < MAX_DIGITS and any(states[n][0] for n in range(len(regions))):
                to = tuple(
                    walk(
                        tuple(
                            tuple(p.step(s, digit) if p else 0 for p, s in zip(row, state))
                            for row, state in zip(patterns, states)
                        ),
                        length + 1,
                    )
                    for digit in range(10)
                )
            seen[states, length] = self.intern(kind, to)
            return seen[states, length]

        return walk(tuple(tuple(p.start if p else 0 for p in row) for row in patterns), 0)

    def insert(self, at, code, below):
        kind, to = self.rows[at]
        digit = int(code[0])
        next_node = below if len(code) == 1 else self.insert(to[digit], code[1:], below)
        return self.intern(kind, (*to[:digit], next_node, *to[digit + 1 :]))


def strings(items):
    """All texts that a small pattern matches; `None` where there are too many, or where it looks ahead."""
    out = {""}
    for op, value in items:
        op = str(op)
        if op == "LITERAL":
            more = {chr(value)}
        elif op == "IN":
            more = {str(digit) for digit in digits_in(value)}
        elif op == "SUBPATTERN":
            more = strings(value[3])
        elif op == "BRANCH":
            parts = [strings(branch) for branch in value[1]]
            more = {text for part in parts if part for text in part}
        elif op == "MAX_REPEAT":
            low, high, item = value
            one = strings(item)
            more = set() if low else {""}
            power = {""}
            for n in range(1, min(high, 8) + 1):
                power = {a + b for a in power for b in one} if one and len(power) < 200 else None
                if power is None:
                    return None
                more |= power if n >= low else set()
        else:
            return None
        if more is None or not more or len(out) * len(more) > 200:
            return None
        out = {a + b for a in out for b in more}
    return out


# A carrier's code may follow Brazil's 0; lists still have the prefixes that Mexico gave up in 2019. Argentina's 15 behind
# the area code and Gabon's zero are read by `identity.rs`.
PREFIXES = {
    "AR": "0",
    "BR": "(?:0|90)(?:1[245]|2[1-35]|31|4[13]|[56]5|99)?",
    "MX": "0(?:[12]|4[45])|1",
}


def prefixes(pattern):
    """The prefixes in a pattern of them; parts that take the whole number in are left out."""
    if not pattern:
        return []
    found = strings(regex.parse(pattern))
    if found is None:
        parsed = list(regex.parse(pattern))
        parts = parsed[0][1][1] if str(parsed[0][0]) == "BRANCH" else [parsed]
        found = {text for part in parts for text in strings(part) or ()}
    return sorted(text for text in found if text and text.isdigit())


def lengths_of(metadata):
    """How long fixed lines and mobiles are: service numbers, which have lengths of their own, are nobody's."""
    lines = [desc for desc in (metadata.fixed_line, metadata.mobile) if desc and desc.national_number_pattern]
    general = metadata.general_desc.possible_length
    found = {n for desc in lines for n in (desc.possible_length or general) if n > 0}
    return found or set(general)


def main():
    nodes = Nodes()
    root = 0
    codes = dict(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    for code in sorted(codes):
        regions = codes[code]
        if regions == ("001",):
            metadata = [Metadata.metadata_for_nongeo_region(code)]
        else:
            metadata = [Metadata.metadata_for_region(region) for region in regions]
        below = nodes.below([Region(one) for one in metadata], len(str(code)))
        root = nodes.insert(root, str(code), below)
    assert len(nodes.rows) < 1 << 16
    with open(os.path.join(HERE, "numbering.bin"), "wb") as file:
        file.write(root.to_bytes(2, "little"))
        for kind, to in nodes.rows:
            file.write(bytes([kind]) + b"".join(n.to_bytes(2, "little") for n in to))
    with open(os.path.join(HERE, "numbering.tsv"), "w") as file:
        file.write(f"# phonenumbers {phonenumbers.__version__}: region, calling code, lengths, prefixes, prefixes abroad\n")
        plans = [(region, Metadata.metadata_for_region(region)) for region in phonenumbers.SUPPORTED_REGIONS]
        plans += [
            (str(code), Metadata.metadata_for_nongeo_region(code))
            for code, regions in codes.items()
            if regions == ("001",)
        ]
        for region, one in sorted(plans):
            lengths = " ".join(map(str, sorted(lengths_of(one))))
            inland = " ".join(prefixes(PREFIXES.get(region, one.national_prefix_for_parsing)))
            abroad = " ".join(prefixes(one.international_prefix))
            main = "*" if codes[one.country_code][0] in (region, "001") else ""
            file.write(f"{region}\t{one.country_code}{main}\t{lengths}\t{inland}\t{abroad}\n")
    print(len(nodes.rows), "nodes")


if __name__ == "__main__":
    main()
