#!/usr/bin/env python3
"""gen_openapi.py: contracts/openapi.yaml as JSON inside the binary, and held against the operations that are there.

    gen_openapi.py OPENAPI.YAML API.DEF OUT.C

Each operation of the document has a row in api.def and the other way round, with the same query parameters and the same right.
"""
import json
import re
import sys

import yaml

OP = re.compile(r'^OP\((\w+),\s*"([^"]+)",\s*(\w+),\s*"([^"]*)",\s*\w+\)', re.M)
METHODS = ("get", "post", "put", "patch", "delete")


def resolve(document, thing):
    while "$ref" in thing:
        target = document
        for part in thing["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        thing = target
    return thing


def described(document):
    """(method, path) → query parameters and the right that the text names."""
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            parameters = [resolve(document, p) for p in item.get("parameters", []) + operation.get("parameters", [])]
            named = {p["name"] for p in parameters if p["in"] == "path"}
            if named != set(re.findall(r"{(\w+)}", path)):
                sys.exit(f"{method.upper()} {path}: the path's parameters are not those described: {named}")
            right = re.search(r"Needs `([\w.]+)`", operation.get("description", ""))
            found[method.upper(), path] = ({p["name"] for p in parameters if p["in"] == "query"}, right and right[1])
    return found


def compare(described, coded):
    for key in sorted(described.keys() ^ coded.keys()):
        yield f"{' '.join(key)} is only in {'openapi.yaml' if key in described else 'api.def'}"
    for key in sorted(described.keys() & coded.keys()):
        (want_query, want_right), (query, need) = described[key], coded[key]
        if want_query != query:
            yield f"{' '.join(key)}: query parameters differ: {sorted(want_query ^ query)}"
        if (want_right or "").upper().replace(".", "_") != ("" if need in ("LOGIN", "NOTHING", "LOCAL") else need):
            yield f"{' '.join(key)}: the document says it needs {want_right}, api.def {need}"


def main(yaml_path, def_path, out_path):
    with open(yaml_path, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    with open(def_path, encoding="utf-8") as file:
        coded = {(m[1], m[2]): (set(m[4].split()), m[3]) for m in OP.finditer(file.read())}
    wrong = list(compare(described(document), coded))
    if wrong:
        sys.exit("\n".join(wrong))
    data = json.dumps(document, separators=(",", ":"), ensure_ascii=False, default=str).encode()
    with open(out_path, "w", encoding="ascii") as file:
        file.write('#include "api/openapi.h"\n\nconst unsigned char openapi_json[] = {\n')
        for at in range(0, len(data), 24):
            file.write("".join(f"{byte}," for byte in data[at:at + 24]) + "\n")
        file.write(f"}};\nconst uint32_t openapi_json_len = {len(data)};\n")


main(*sys.argv[1:])
