#!/usr/bin/env python3
"""check_refs.py: which sentence of which specification stands beside which code, and which test covers it.

`check_refs.py` fails on a reference that is not written so that it can be found again, on one to a page that is not here, and on a rule
of docs/rules.md that no code or no test cites.
`check_refs.py --list` prints requirement → code → tests; `.FR.` requirements that no test names come last.

A reference is one of
    1.6 §4.1          2.0.1 C01.FR.02     2.1 §3.2      RFC 6455 §5.5.1     rules.md: repeats, order      B31 (rules.md, "Bad input")
"""
import collections
import re
import sys

import checks

GOOD = re.compile(
    r"\b(?:1\.6(?:-J)?|2\.0\.1|2\.1|2\.x|RFC \d{4})(?: Part \d)? §\d+(?:\.\d+)*"
    r"|\b[A-S]\d\d\.FR\.\d{2,3}\b|\bTC_[A-Z]_\d{2,3}(?:_CSMS)?\b|(?<![\w.])B[0-5]\d\b(?!\.FR)")
FR_LIKE = re.compile(r"\b[A-Za-z]\d{1,3}\.?F\.?R\.?\d+\b|\b[A-Z]\d+\.FR\.\w*")
FR = re.compile(r"[A-S]\d\d\.FR\.\d{2,3}")
RFC_LIKE = re.compile(r"\bRFC-?\d{4}\b|\bRFC \d{4},? (?:sec|section|sect)\.? ?\d", re.I)
# A page that is named with a section is one of this tree; ours have names in place of numbers.
PAGE = re.compile(r"\b(?!RFC\b|JSON\b)(?:[A-Z]{4,}(?:\.md)?|issue) §")
GAP = r"(?:[ \t]*\n[ \t]*[*#]?[ \t]*|[ \t]+)"  # a comment may go on in its next line
CITED = re.compile(rf"\brules\.md:{GAP}([a-z-]+(?:,{GAP}[a-z-]+)*)")
RULE = re.compile(r"^\*\*([a-z-]+)\*\*:", re.M)
RULES_PAGE = "docs/rules.md"
rules = RULE.findall(checks.read(RULES_PAGE))


def cited(text):
    for match in CITED.finditer(text):
        for name in re.findall(r"[a-z-]+", match[1]):
            yield match.start(), name


def find(path, text):
    for match in FR_LIKE.finditer(text):
        if not FR.fullmatch(match[0]):
            yield checks.line_of(text, match.start()), f"{match[0]}: requirements are written like C01.FR.02"
    for match in RFC_LIKE.finditer(text):
        yield checks.line_of(text, match.start()), f"{match[0]}: RFCs are written like RFC 6455 §5.5.1"
    for match in PAGE.finditer(text):
        yield checks.line_of(text, match.start()), f"{match[0]}: no such page here; {RULES_PAGE} has our rules by name"
    for position, name in cited(text):
        if path != RULES_PAGE and name not in rules:
            yield checks.line_of(text, position), f"{name}: {RULES_PAGE} has no such rule"
    if path == RULES_PAGE:
        yield from uncited(text)


def uncited(page):
    where = {kind: {name for path in sources if path.startswith(kind) for _, name in cited(checks.read(path))}
             for kind in ("src/", "tests/")}
    for match in RULE.finditer(page):
        for kind, names in where.items():
            if match[1] not in names:
                yield checks.line_of(page, match.start()), f"{match[1]}: nothing in {kind} cites this rule"


SELF_TESTS = [
    ("src/a.c", "/* 2.0.1 C01.FR.02 */", 0),
    ("src/a.c", "/* C1.FR.2 */", 1),
    ("src/a.c", "/* C01FR02 */", 1),
    ("src/a.c", "/* RFC 6455 §5.5.1 */", 0),
    ("src/a.c", "/* RFC6455 */", 1),
    ("src/a.c", "/* RFC 6455, section 5.5 */", 1),
    ("src/a.c", "/* 1.6 §4.1 */", 0),
    ("src/a.c", "/* DESIGN §4 */", 1),
    ("src/a.c", "/* rules.md: repeats,\n * order */", 0),
    ("src/a.c", "/* rules.md: repeats,\n * chaos */", 1),
    ("docs/rules.md", "**unheard-of**: x", 2),
]


def listing(files):
    where = collections.defaultdict(lambda: ([], []))
    for path in files:
        text = checks.read(path)
        found = [(match.start(), match[0]) for match in GOOD.finditer(text)]
        found += [(position, f"rules.md: {name}") for position, name in cited(text)]
        for position, reference in found:
            where[reference][path.startswith("tests/")].append(f"{path}:{checks.line_of(text, position)}")
    for reference, (code, tests) in sorted(where.items()):
        print(f"{reference:24} {', '.join(code) or '-':60} {', '.join(tests) or '-'}")
    bare = [r for r, (code, tests) in sorted(where.items()) if FR.search(r) and code and not tests]
    print(f"\n{len(where)} references; {len(bare)} requirements in code that no test names: {', '.join(bare) or 'none'}")


sources = [p for p in checks.tracked(".c", ".h", ".def", ".py", ".mjs", ".scn", ".ts", ".tsx")
           if p.startswith(("src/", "tests/", "web/"))]

if __name__ == "__main__":
    if "--list" in sys.argv[1:]:
        listing(sources)
    else:
        checks.main(find, [RULES_PAGE, *sources], SELF_TESTS)
