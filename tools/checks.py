"""checks.py: what the check_*.py scripts share: the files of the tree, C without its comments, and the report.

A check is a function `find(path, text) -> iterable of (line number, message)`. Its self-test is a table of small
texts with the number of findings that each must give, so a check that cannot fail does not pass.
"""
import os
import re
import subprocess
import sys

os.chdir(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tracked(*endings):
    """Files that git knows or would add, by the ends of their names; all without any."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({n for n in names if not endings or n.endswith(endings)})


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return ""  # a picture, or deleted in the work tree


_C_TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    """C with its comments blanked; lines and columns stay."""
    return _C_TOKENS.sub(lambda m: _blank(m[0]) if m[0][0] == "/" else m[0], text)


def code_only(text):
    """C with comments, strings and characters blanked."""
    return _C_TOKENS.sub(lambda m: m[0][0] + _blank(m[0][1:-1]) + m[0][-1] if m[0][0] in "\"'" else _blank(m[0]), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def main(find, files, self_tests):
    """Runs the self-test (--self-test) or the check; ends with `N passed, N failed` and the exit code."""
    good = bad = 0
    if "--self-test" in sys.argv[1:]:
        for path, text, expected in self_tests:
            found = list(find(path, text))
            if len(found) == expected:
                good += 1
            else:
                bad += 1
                print(f"not ok {sys.argv[0]} --self-test: {path} {text!r}: {len(found)} found, {expected} expected: {found}")
    else:
        for path in files:
            found = list(find(path, read(path)))
            for line, message in found:
                print(f"not ok {path}:{line}: {message}")
            bad += bool(found)
        good = 0 if bad else 1  # the tree is one case, each bad file a failure
    print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad else 0)
