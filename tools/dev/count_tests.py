#!/usr/bin/env python3
"""count_tests.py TESTLOG.json: how many cases of a meson run passed and failed.

Meson tells programs apart; what counts here is the cases inside them, by their TAP lines. A program without such lines is
one case. A program that ended badly though no case of it failed (it crashed, or leaked) is one failed case more.
"""
import json
import re
import sys

CASE = re.compile(r"^(not )?ok \d+(.*)$", re.M)


def count(log_path):
    passed = failed = 0
    with open(log_path, encoding="utf-8") as log:
        for line in log:
            program = json.loads(line)
            good = program["result"] in ("OK", "EXPECTEDFAIL", "SKIP")
            cases = [bool(bad) for bad, rest in CASE.findall(program.get("stdout", "")) if "# SKIP" not in rest]
            cases = cases or [not good]
            if not good and not any(cases):
                cases.append(True)
            failed += sum(cases)
            passed += len(cases) - sum(cases)
    return passed, failed


if __name__ == "__main__":
    n_passed, n_failed = count(sys.argv[1])
    print(f"{n_passed} passed, {n_failed} failed")
    sys.exit(1 if n_failed or not n_passed else 0)
