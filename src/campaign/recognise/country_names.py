"""Writes country_names.txt: what countries are called, from CLDR (the package `babel`) and ISO 3166 (`pycountry`).

    pip install babel pycountry
    python3 src/campaign/recognise/country_names.py

A line is `IN<tab>India|Indien|...`: names in lower case, each once, those that two countries share left out.
"""

from pathlib import Path
import re

import pycountry
from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

LANGUAGES = """en zh zh_Hant hi es ar fr bn pt ru ur id ms de ja mr te tr ta vi ko it he fa pl uk th sw gu kn ml pa nl sv
ro el fil""".split()

# What else people write; the same words stand for a country in mail and in forms.
EXTRA = {
    "GB": "uk|u.k.|england|scotland|wales|northern ireland|great britain|britain|gran bretaña|inglaterra|angleterre",
    "US": "usa|u.s.a.|u.s.|america|united states of america|the united states|estados unidos de américa|eua|ee.uu.|eeuu|"
    "états-unis d’amérique|сша|states",
    "AE": "uae|u.a.e.|emirates|dubai|abu dhabi|émirats arabes unis|الامارات|الإمارات",
    "SA": "ksa|k.s.a.|kingdom of saudi arabia|saudi|السعودية",
    "NL": "holland|the netherlands",
    "IN": "bharat|hindustan|republic of india|india (bharat)|हिन्दुस्तान|भारतवर्ष",
    "CZ": "czech republic",
    "TR": "turkey|türkiye|turkiye|turquía|turquie|türkei|turquia",
    "RU": "russia|russian federation|рф",
    "MM": "burma|birmania",
    "CI": "ivory coast|cote d'ivoire|côte d'ivoire|costa de marfil",
    "KR": "korea|south korea|republic of korea|korea, republic of|korea (south)|corea|대한민국|한국",
    "CD": "dr congo|drc|congo dr|democratic republic of the congo|congo, democratic republic of the|congo-kinshasa",
    "CG": "republic of the congo|congo-brazzaville|congo, republic of the",
    "CN": "prc|p.r. china|china mainland|mainland china|people's republic of china|中国大陆",
    "HK": "hong kong|hongkong|hong kong sar",
    "TW": "taiwan|taiwan, province of china|臺灣",
    "MO": "macau|macao",
    "VN": "viet nam|vietnam",
    "PS": "palestine|palestinian territory|state of palestine",
    "CV": "cape verde",
    "SZ": "swaziland",
    "MK": "macedonia|fyrom|north macedonia",
    "BN": "brunei darussalam",
    "LA": "laos|lao pdr",
    "SY": "syria",
    "IR": "iran|islamic republic of iran",
    "TZ": "tanzania",
    "MD": "moldova",
    "BO": "bolivia",
    "VE": "venezuela",
    "FM": "micronesia",
    "GM": "the gambia|gambia, the",
    "BS": "the bahamas|bahamas, the",
    "PH": "philippines|the philippines|pilipinas",
    "DO": "dominican rep.|rep. dominicana|república dominicana",
    "TT": "trinidad & tobago|trinidad",
    "BA": "bosnia|bosnia & herzegovina|bosnia-herzegovina",
    "DE": "deutschland|brd",
    "BR": "brasil",
    "ES": "españa|espana",
    "MX": "méxico|mexico",
    "IE": "republic of ireland|éire",
    "XK": "kosovo",
    "LK": "sri lanka|ceylon",
    "NP": "nepal|नेपाल",
    "BD": "bangladesh",
    "EG": "egypt|مصر",
    "KE": "kenya",
}

here = Path(__file__).parent
countries = (here.parents[1] / "domain/phone/countries.rs").read_text()
codes = re.findall(r'\("([A-Z]{2})", "[A-Z]{3}", \d+, "([^"]+)"\)', countries)
names = {code: [name] for code, name in codes}
for language in LANGUAGES:
    territories = Locale.parse(language).territories
    for code in names:
        name = territories.get(code)
        if name and not re.fullmatch(r"[A-Z]{2}", name):
            names[code].append(name)
# In the languages of the country itself.
for code in names:
    for language in get_official_languages(code, regional=True, de_facto=True):
        try:
            name = Locale.parse(language).territories.get(code)
        except UnknownLocaleError:
            continue
        if name:
            names[code].append(name)
for country in pycountry.countries:
    if country.alpha_2 in names:
        for kind in ("name", "official_name", "common_name"):
            if getattr(country, kind, None):
                names[country.alpha_2].append(getattr(country, kind))
for code, extra in EXTRA.items():
    names[code] += extra.split("|")
owners = {}
for code, all_names in names.items():
    for name in all_names:
        owners.setdefault(name.lower(), set()).add(code)
lines = []
for code in sorted(names):
    mine = sorted({n.lower() for n in names[code] if owners[n.lower()] == {code} and "|" not in n})
    lines.append(code + "\t" + "|".join(mine) + "\n")
(here / "country_names.txt").write_text("".join(lines))
for name, codes in sorted(owners.items()):
    if len(codes) > 1:
        print("left out:", name, sorted(codes))
