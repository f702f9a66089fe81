#!/usr/bin/env python3
"""count_tests.py JUNIT.xml LOG.json: how many cases of a meson run passed and failed.

Meson tells programs apart; what counts here is the cases inside them. A program that ended badly though no
case of it failed (it crashed, or leaked) is one failed case more.
"""
import json
import sys
import xml.etree.ElementTree as xml


def count(junit_path, log_path):
    passed = failed = 0
    bad_suites = set()
    for suite in xml.parse(junit_path).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            if case.find("skipped") is not None:
                continue
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
                bad_suites.add(suite.get("name").rsplit(".", 1)[-1])
            else:
                passed += 1
    with open(log_path, encoding="utf-8") as log:
        for line in log:
            program = json.loads(line)
            name = program["name"].rsplit(" ", 1)[-1]
            if program["result"] not in ("OK", "EXPECTEDFAIL", "SKIP") and name not in bad_suites:
                failed += 1
    return passed, failed


if __name__ == "__main__":
    n_passed, n_failed = count(*sys.argv[1:3])
    print(f"{n_passed} passed, {n_failed} failed")
    sys.exit(1 if n_failed or not n_passed else 0)
