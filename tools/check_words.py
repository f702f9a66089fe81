#!/usr/bin/env python3
"""check_words.py: what no analyser knows. One table: which pattern, in which files, and why not.

`code` patterns see C without comments and strings, `text` patterns the whole file.
"""
import re

import checks

# Spelled so that this file does not name them either.
HOSTS = r"registry\.npm|npm" + r"js\.(?:org|com)|yarn" + r"pkg\.com|pypi" + r"\.org|deb\.deb" + r"ian\.org|crates" + r"\.io|proxy\.gol" + r"ang\.org"

# sees, where, pattern, why
RULES = [
    ("code", re.compile(r"src/.*\.[ch]$"),
     r"\b(?:strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|alloca|strncpy|strncat)\s*\(",
     "a call that trusts lengths; use str and buf"),
    ("code", re.compile(r"src/.*\.[ch]$"),
     r"\bmemcmp\s*\([^;]*(?:secret|password|_hash|hmac|cookie|digest)",
     "a secret is compared in constant time"),
    ("code", re.compile(r"src/.*\.[ch]$"),
     r"\bwhile\s*\(\s*(?:1|true)\s*\)|\bfor\s*\(\s*;\s*;\s*\)",
     "a loop states its bound in its head, or in a comment beside it: /* until … */"),
    ("code", re.compile(r"(?:src|tests)/(?!base/base\.h).*\.c$"),
     r"\bsizeof\s*\(?\s*[A-Za-z_][\w.>-]*\s*\)?\s*/\s*sizeof\b",
     "COUNT(array)"),
    ("code", re.compile(r"src/(?:domain|core|ocpp|energy)/.*\.(?:[ch]|def)$"),
     r"\b(?:float|double|strtod|strtof|atof)\b",
     "power, energy and money are integers"),
    ("code", re.compile(r"src/.*\.[ch]$"),
     r"\breturn\s+-1\s*;.*",
     "an error has a name: enum err; an index that is not there, a named constant"),
    ("text", re.compile(r"(?!tools/check_words\.py|CONTRIBUTING\.md).*\.(?:[ch]|def|py|sh|ts|tsx|mjs|js|md|yaml|build)$"),
     r"\b(?:TODO|FIXME|XXX)\b",
     "finish it, or open an issue"),
    ("text", re.compile(r".*"),
     HOSTS,
     "which registry is asked is the machine's choice"),
    ("code", re.compile(r"src/.*\.h$"),
     r"\b(?:struct|enum|union)\s+\w*(?:charger|user(?!_agent|name)|manager)\w*\s*\{",
     "our words are station, operator, driver, person; say what a thing does"),
    ("text", re.compile(r".*\.[ch]$"),
     r"(?m)^ \* -{5,}",
     "a ruler that the formatter broke: let it end at column 79"),
    ("path", re.compile(r"src/"),
     r"(?:^|[/_])(?:charger|chargers|user|users|manager|util|utils|helper|helpers|misc|common)(?:[_/.]|$)",
     "a file's name says its idea"),
]
# str_find_byte, row_find_col and the like give an index or -1, and say so in their headers.
EXEMPT = {("src/base/", r"\breturn\s+-1\s*;.*"), ("src/domain/", r"\breturn\s+-1\s*;.*"),
          ("src/json/", r"\breturn\s+-1\s*;.*")}


def find(path, text):
    code = None
    for sees, where, pattern, why in RULES:
        if not where.match(path) or any(path.startswith(p) and pattern == r for p, r in EXEMPT):
            continue
        if sees == "path":
            if re.search(pattern, path):
                yield 1, f"{path}: {why}"
            continue
        if sees == "code" and code is None:
            code = checks.code_only(text)
        seen = code if sees == "code" else text
        for match in re.finditer(pattern, seen):
            if why.endswith("/* until … */") and "/* until " in text[match.start():].split("\n", 1)[0]:
                continue
            yield checks.line_of(seen, match.start()), f"{' '.join(match[0].split())[:60]}: {why}"


SELF_TESTS = [
    ("src/net/a.c", "strcpy(a, b);", 1),
    ("src/net/a.c", '/* strcpy(a, b) */ log("sprintf(");', 0),
    ("src/net/a.c", "snprintf(a, 3, b); my_gets(x);", 0),
    ("src/access/a.c", "if (memcmp(row->password_hash, h, 32) == 0)", 1),
    ("src/access/a.c", "if (memcmp(a, b, 4) == 0)", 0),
    ("src/net/a.c", "while (true) {", 1),
    ("src/net/a.c", "for (;;)", 1),
    ("src/net/a.c", "for (;;) { /* until it is told to stop */", 0),
    ("src/net/a.c", "for (size_t i = 0; i < 3; i++)", 0),
    ("src/net/a.c", "n = sizeof(a) / sizeof(a[0]);", 1),
    ("src/domain/a.c", "double x;", 1),
    ("src/sim/a.c", "double x;", 0),
    ("src/net/a.c", "return -1;", 1),
    ("src/base/a.c", "return -1;", 0),
    ("src/net/a.c", "/* TO" + "DO later */", 1),
    ("docs/a.md", "fetch it from https://www.npm" + "js.com/x", 1),
    ("package-lock.json", '"resolved": "https://regis' + 'try.npm' + 'js.org/ws"', 1),
    ("src/api/a.h", "struct charger_state {", 1),
    ("src/api/a.h", "struct station_state {", 0),
    ("src/net/a.c", "/* --- life\n * ---------- */", 1),
    ("src/net/a.c", "/* --- life ---------- */", 0),
    ("src/api/user.c", "", 1),
    ("src/api/people.c", "", 0),
]

if __name__ == "__main__":
    checks.main(find, checks.tracked(), SELF_TESTS)
