#!/usr/bin/env python3
"""measure.py: sizes of functions and files in src/, and checks per function (the 70 lines of CONTRIBUTING.md).

Without arguments it fails on a function over 70 lines and a file over 1000; `--table` prints the figures by room.
"""
import collections
import re
import sys

import checks

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 1000
HEAD = re.compile(r"^[A-Za-z_][^;={}#]*\([^;{}]*\)[^;={}]*\n\{$", re.M)
NAME = re.compile(r"(\w+)\s*\(")


def functions(text):
    """(name, first line, lines, checks) of each function; a body starts with { and ends with } in column 0."""
    code = checks.code_only(text)
    for match in HEAD.finditer(code):
        end = code.find("\n}", match.end())
        if end < 0:
            continue
        body = code[match.start():end + 2]
        yield (NAME.search(match[0])[1], checks.line_of(code, match.start()), body.count("\n") + 1,
               len(re.findall(r"\bcheck\(", body)))


def find(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        yield lines, f"{lines} lines; split it by idea"
    for name, line, length, _ in functions(text):
        if length > FUNCTION_LINES_MAX:
            yield line, f"{name} has {length} lines; helpers compute and return"


_SHORT = "static int one(int a)\n{\n    check(a);\n    return a;\n}\n"
_LONG = "int two(void)\n{\n" + "    x++;\n" * 70 + "}\n"
SELF_TESTS = [
    ("src/a.c", _SHORT, 0),
    ("src/a.c", _SHORT + _LONG, 1),
    ("src/a.c", _SHORT * 201, 1),
]


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, len(values) * p // 100)] if values else 0


def table(files):
    rooms = collections.defaultdict(lambda: ([], [], []))
    for path in files:
        text = checks.read(path)
        room = path.split("/")[1] if path.count("/") > 1 else "voltd.c"
        for key in (room, "all"):
            sizes, file_sizes, counts = rooms[key]
            file_sizes.append(text.count("\n"))
            for _, _, length, count in functions(text):
                sizes.append(length)
                counts.append(count)
    print(f"{'room':10} {'files':>5} {'median':>6} {'max':>5} {'functions':>9} {'median':>6} {'p95':>4} {'max':>4} {'checks each':>11}")
    for room, (sizes, file_sizes, counts) in sorted(rooms.items()):
        print(f"{room:10} {len(file_sizes):5} {percentile(file_sizes, 50):6} {max(file_sizes):5} {len(sizes):9} "
              f"{percentile(sizes, 50):6} {percentile(sizes, 95):4} {max(sizes, default=0):4} {sum(counts) / max(1, len(counts)):11.2f}")


if __name__ == "__main__":
    sources = [p for p in checks.tracked(".c") if p.startswith("src/")]
    if "--table" in sys.argv[1:]:
        table(sources)
    else:
        checks.main(find, sources, SELF_TESTS)
