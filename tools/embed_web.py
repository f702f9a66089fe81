#!/usr/bin/env python3
"""Builds the pages and writes them as one C file (src/api/assets.h tells what is in it).

  embed_web.py --web web --dist BUILD/web/dist --output web_assets.c --depfile web_assets.c.d

Runs `npm ci` where node_modules is not what package-lock.json says, then web/build.mjs. Node is needed to build,
never to run.
"""
import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".json": "application/json", ".txt": "text/plain; charset=utf-8"}
COMPRESSED = (".gz", ".br")
BYTES_A_LINE = 64


def install(web):
    """The same mark as ./dev leaves: the lock file that was installed."""
    mark, wanted = web / "node_modules/.voltd-lock", web / "package-lock.json"
    if mark.exists() and mark.read_bytes() == wanted.read_bytes():
        return
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], web)
    shutil.copy(wanted, mark)


def run(command, folder):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"embed_web: {' '.join(command)} failed in {folder}\n{done.stdout}")


def literal(data):
    """C string literals; three octal digits each, so that no digit of the text joins an escape."""
    lines = []
    for at in range(0, len(data), BYTES_A_LINE):
        part = data[at:at + BYTES_A_LINE]
        lines.append('"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in part) + '"')
    return "\n    ".join(lines) or '""'


def string(data):
    return f"{{ {literal(data)}, {len(data)} }}"


def smaller(path, suffix, plain):
    data = path.with_name(path.name + suffix).read_bytes()
    return data if len(data) < len(plain) else b""


def row(dist, path):
    plain = path.read_bytes()
    name = "/" + path.relative_to(dist).as_posix()
    etag = '"' + hashlib.sha256(plain).hexdigest()[:16] + '"'
    immutable = "true" if name.startswith("/assets/") else "false"
    return (f"  {{ {string(name.encode())}, {string(TYPES[path.suffix].encode())}, {string(etag.encode())}, {immutable},\n"
            f"    {string(plain)},\n    {string(smaller(path, '.gz', plain))},\n    {string(smaller(path, '.br', plain))} }},\n")


def sources(web):
    skip = {"node_modules", "dist", "dev"}
    return [p for p in sorted(web.rglob("*")) if p.is_file() and not skip & set(p.relative_to(web).parts)
            and not p.name.endswith(".gen.ts")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("web", "dist", "output", "depfile"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    args = parser.parse_args()
    web, dist = args.web.resolve(), args.dist.resolve()
    install(web)
    run(["node", "build.mjs", "--out", str(dist)], web)
    files = sorted((p for p in dist.rglob("*") if p.is_file() and p.suffix not in COMPRESSED), key=lambda p: p.relative_to(dist).as_posix())
    with open(args.output, "w", encoding="ascii") as out:
        out.write('/* Made by tools/embed_web.py; do not edit. */\n#include "api/assets.h"\n\nconst struct web_asset web_assets[] = {\n')
        out.writelines(row(dist, path) for path in files)
        out.write(f"}};\nconst uint32_t web_asset_count = {len(files)};\n")
    names = " ".join(str(p).replace(" ", "\\ ") for p in sources(web))
    args.depfile.write_text(f"{args.output}: {names}\n", encoding="utf-8")


main()
