#!/usr/bin/env python3
"""Writes the table of known leniencies (contracts/quirks/*.toml) as C.

    gen_quirks.py FLAW_DEF OUT.c QUIRKS.toml...
"""
import os
import re
import sys
import tomllib

VERSIONS = {"1.6": "OCPP_V16", "2.0.1": "OCPP_V201", "2.1": "OCPP_V21"}
NEEDED = {"id", "flaw", "seen", "source", "taken"}
ALLOWED = NEEDED | {"versions", "message", "field"}


def flaws(path):
    with open(path, encoding="utf-8") as file:
        return set(re.findall(r"^FLAW\((\w+)", file.read(), re.M)) - {"NONE"}


def check(quirk, known_flaws, ids):
    name = quirk.get("id", "?")
    assert NEEDED <= set(quirk) <= ALLOWED, f"quirk {name}: needs {sorted(NEEDED)}, allows {sorted(ALLOWED)}"
    assert all(value for value in quirk.values()), f"quirk {name}: an empty value"
    assert re.fullmatch(r"[a-z0-9-]+", name), f"quirk {name}: small letters, digits and '-'"
    assert name not in ids and name != "schema", f"quirk {name}: the id is taken"
    assert quirk["flaw"] in known_flaws, f"quirk {name}: no flaw {quirk['flaw']}"
    assert set(quirk.get("versions", [])) <= set(VERSIONS), f"quirk {name}: versions"
    ids.add(name)


def row(quirk):
    versions = " | ".join(f"1u << {VERSIONS[v]}" for v in quirk.get("versions", VERSIONS))
    return (f"    {{ STR_INIT(\"{quirk['id']}\"), JSON_FLAW_{quirk['flaw']}, {versions},\n"
            f"      STR_INIT(\"{quirk.get('message', '')}\"), STR_INIT(\"{quirk.get('field', '')}\") }},")


def main(flaw_def, out, *files):
    known_flaws, ids, rows = flaws(flaw_def), set(), []
    for path in sorted(files, key=os.path.basename):
        with open(path, "rb") as file:
            for quirk in tomllib.load(file)["quirk"]:
                check(quirk, known_flaws, ids)
                rows.append(row(quirk))
    text = "\n".join(['#include "ocpp/quirks.h"', "", "const struct ocpp_quirk ocpp_quirks[] = {",
                      "    { STR_INIT(\"schema\"), JSON_FLAW_NONE, 0, STR_INIT(\"\"), STR_INIT(\"\") },", *rows, "};",
                      "const uint32_t ocpp_quirk_count = COUNT(ocpp_quirks);", ""])
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
