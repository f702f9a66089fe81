#!/usr/bin/env python3
"""gen_zones.py: the time zones of this machine's tzdata as a C table: of each the rule that it follows now.

    gen_zones.py OUT.C

The rule is the last line of a zone's file (RFC 8536 §3.3, a POSIX TZ string). What the file says of the past, and what no such rule can say
(the fasting month in Morocco), is left out.
"""
import re
import sys
import zoneinfo

NAME = r"(?:<[+\-0-9A-Za-z]+>|[A-Za-z]+)"
TIME = r"[+-]?\d+(?::\d+)?(?::\d+)?"
RULE = re.compile(rf"{NAME}({TIME})(?:{NAME}({TIME})?,M(\d+)\.(\d)\.(\d)(?:/({TIME}))?,M(\d+)\.(\d)\.(\d)(?:/({TIME}))?)?")


def seconds(text):
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("+-").split(":")] + [0, 0]
    return sign * (parts[0] * 3600 + parts[1] * 60 + parts[2])


def footer(name):
    for folder in zoneinfo.TZPATH:
        try:
            with open(f"{folder}/{name}", "rb") as file:
                return file.read().split(b"\n")[-2].decode("ascii")
        except OSError:
            continue
    sys.exit(f"no file for the zone {name}: is tzdata installed?")


def change(month, week, day, time):
    """week 5 is the last one; our days begin with Monday, theirs with Sunday."""
    return f"{{ {int(month)}, {int(week)}, {(int(day) + 6) % 7}, {seconds(time or '2') * 1000} }}"


def row(name):
    rule = RULE.fullmatch(footer(name))
    if not rule:
        sys.exit(f"the rule of {name} is not understood: {footer(name)}")
    standard = -seconds(rule[1])  # POSIX counts westward
    if not rule[3]:
        return f'    {{ STR_INIT("{name}"), {standard * 1000}, {standard * 1000}, {{ 0, 0, 0, 0 }}, {{ 0, 0, 0, 0 }} }},'
    summer = -seconds(rule[2]) if rule[2] else standard + 3600
    return f'    {{ STR_INIT("{name}"), {standard * 1000}, {summer * 1000}, {change(*rule.group(3, 4, 5, 6))}, {change(*rule.group(7, 8, 9, 10))} }},'


def main(out_path):
    names = sorted(name for name in zoneinfo.available_timezones() if name not in ("localtime", "posixrules", "Factory"))
    with open(out_path, "w", encoding="ascii") as file:
        file.write('#include "base/zone_table.h"\n\nconst struct zone zones[] = {\n')
        file.write("\n".join(row(name) for name in names))
        file.write(f"\n}};\nconst uint32_t zone_count = {len(names)};\n")


main(*sys.argv[1:])
