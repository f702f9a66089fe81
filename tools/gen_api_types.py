#!/usr/bin/env python3
"""TypeScript types of the API's resources, from contracts/openapi.yaml.

  gen_api_types.py contracts/openapi.yaml > web/console/store/types.gen.ts

The console is type-checked against them, so a change of the contract that it does not follow fails `npm run check`.
"""
import json
import sys

import yaml

PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def name_of(ref):
    return ref.rsplit("/", 1)[1]


def object_type(schema, depth):
    properties = schema.get("properties", {})
    if not properties:
        more = schema.get("additionalProperties", True)
        value = ts_type(more, depth) if isinstance(more, dict) else "unknown"
        return f"Record<string, {value}>"
    required = set(schema.get("required", []))
    pad = "    " * (depth + 1)
    lines = [f"{pad}{key}{'' if key in required else '?'}: {ts_type(value, depth + 1)};" for key, value in properties.items()]
    return "{\n" + "\n".join(lines) + "\n" + "    " * depth + "}"


def one_type(kind, schema, depth):
    if kind == "object":
        return object_type(schema, depth)
    if kind == "array":
        return f"({ts_type(schema['items'], depth)})[]"
    return PLAIN[kind]


def ts_type(schema, depth=0):
    if "$ref" in schema:
        return name_of(schema["$ref"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "allOf" in schema:
        return " & ".join(f"({ts_type(part, depth)})" for part in schema["allOf"])
    if "oneOf" in schema:
        return " | ".join(ts_type(part, depth) for part in schema["oneOf"])
    kinds = schema.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return " | ".join(one_type(kind, schema, depth) for kind in kinds)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schemas = yaml.safe_load(file)["components"]["schemas"]
    print("/* Made from contracts/openapi.yaml; do not edit. */")
    for name, schema in schemas.items():
        print(f"export type {name} = {ts_type(schema)};")


main()
