#!/usr/bin/env python3
"""check_refs.py: which sentence of which specification stands beside which code, and which test covers it.

`check_refs.py` fails on a reference that is not written so that it can be found again.
`check_refs.py --list` prints requirement → code → tests; `.FR.` requirements that no test names come last.

A reference is one of
    1.6 §4.1          2.0.1 C01.FR.02     2.1 §3.2      RFC 6455 §5.5.1     B31 (SECURITY: bad inputs)
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


def find(path, text):
    for match in FR_LIKE.finditer(text):
        if not FR.fullmatch(match[0]):
            yield checks.line_of(text, match.start()), f"{match[0]}: requirements are written like C01.FR.02"
    for match in RFC_LIKE.finditer(text):
        yield checks.line_of(text, match.start()), f"{match[0]}: RFCs are written like RFC 6455 §5.5.1"


SELF_TESTS = [
    ("src/a.c", "/* 2.0.1 C01.FR.02 */", 0),
    ("src/a.c", "/* C1.FR.2 */", 1),
    ("src/a.c", "/* C01FR02 */", 1),
    ("src/a.c", "/* RFC 6455 §5.5.1 */", 0),
    ("src/a.c", "/* RFC6455 */", 1),
    ("src/a.c", "/* RFC 6455, section 5.5 */", 1),
    ("src/a.c", "/* 1.6 §4.1 */", 0),
]


def listing(files):
    where = collections.defaultdict(lambda: ([], []))
    for path in files:
        text = checks.read(path)
        for match in GOOD.finditer(text):
            where[match[0]][path.startswith("tests/")].append(f"{path}:{checks.line_of(text, match.start())}")
    for reference, (code, tests) in sorted(where.items()):
        print(f"{reference:24} {', '.join(code) or '-':60} {', '.join(tests) or '-'}")
    bare = [r for r, (code, tests) in sorted(where.items()) if FR.search(r) and code and not tests]
    print(f"\n{len(where)} references; {len(bare)} requirements in code that no test names: {', '.join(bare) or 'none'}")


if __name__ == "__main__":
    sources = [p for p in checks.tracked(".c", ".h", ".def", ".py", ".mjs", ".scn", ".ts", ".tsx")
               if p.startswith(("src/", "tests/", "web/"))]
    if "--list" in sys.argv[1:]:
        listing(sources)
    else:
        checks.main(find, sources, SELF_TESTS)
