#!/usr/bin/env python3
"""Writes text files as C strings: `const struct str PREFIX_FILE` for each.

    embed_text.py OUT.c HEADER PREFIX FILES...
"""
import os
import sys

LITERAL_MAX = 100


def literal(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    parts, part = [], ""
    for piece in escaped.split(" "):
        part += piece + " "
        if len(part) > LITERAL_MAX:
            parts.append(part)
            part = ""
    parts.append(part[:-1])
    return "\n    ".join(f'"{p}"' for p in parts)


def main(out, header, prefix, *files):
    with open(out, "w", encoding="utf-8") as to:
        to.write(f'#include "{header}"\n')
        for path in files:
            name = os.path.basename(path).split(".")[0].replace("-", "_")
            with open(path, encoding="utf-8") as file:
                to.write(f"\nconst struct str {prefix}_{name} = STR_INIT(\n    {literal(file.read())});\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
