#!/usr/bin/env python3
"""The generator of contracts: what it makes of a small family, word for word, and what it refuses. Speaks TAP.

    run.py [--accept]     --accept: what it makes now is right (look at the difference first)
"""
import copy
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GENERATOR = os.path.join(HERE, "..", "..", "tools", "gen_contracts.py")
OUTPUTS = ("tiny.gen.h", "tiny.gen.c")


def generate(out, schemas=HERE):
    command = [sys.executable, GENERATOR, os.path.join(HERE, "tiny.toml"), schemas, "tiny", out]
    return subprocess.run(command, capture_output=True, text=True)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def changed(change):
    """Runs the generator over schemas of version two in which one thing is changed; what it said, or None."""
    with tempfile.TemporaryDirectory() as folder:
        schemas = json.loads(read(HERE, "two.json"))
        change(schemas)
        for name, content in (("one.json", json.loads(read(HERE, "one.json"))), ("two.json", schemas)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                json.dump(content, file)
        done = generate(folder, folder)
        return done.stderr if done.returncode else None


def put(path, value):
    def change(schemas):
        at = schemas[0]
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
    return change


REFUSED = [
    ("a schema more than expected", lambda schemas: schemas.append(copy.deepcopy(schemas[0])), "expected 3"),
    ("a keyword that nobody checks", put(("properties", "kind", "pattern"), "^a"), "not checked"),
    ("a format that nobody checks", put(("properties", "kind", "format"), "email"), "format"),
    ("an object that is open", put(("additionalProperties",), True), "open or not"),
    ("a required field that is not there", put(("required",), ["nobody"]), "requires what it has not"),
    ("a list that was none", put(("properties", "size"), {"type": "array", "items": {"type": "number"}}), "a list or not"),
    ("a text that was a time", put(("properties", "at"), {"type": "boolean"}), "ping_pong_req.at"),
    ("words that were lost", put(("definitions", "ColorEnumType", "enum"), ["Red"]), "lost words"),
    ("an object without a name", put(("properties", "new"), {"type": "object", "properties": {}}), "new"),
    ("words without a name", put(("properties", "new"), {"type": "string", "enum": ["a"]}), "ping_pong_req.new"),
]


def results():
    with tempfile.TemporaryDirectory() as folder:
        done = generate(folder)
        yield "the generator runs", done.returncode == 0, done.stderr
        for name in OUTPUTS:
            made = read(folder, name) if done.returncode == 0 else ""
            if "--accept" in sys.argv:
                with open(os.path.join(HERE, "tiny", name), "w", encoding="utf-8") as file:
                    file.write(made)
            yield f"{name} is as it should be", made == read(HERE, "tiny", name), "compare with tests/generator/tiny"
    for name, change, expect in REFUSED:
        said = changed(change)
        yield f"{name} is refused", said is not None and expect in said, said


def main():
    count, failed = 0, 0
    for name, good, why in results():
        count += 1
        print(f"{'ok' if good else 'not ok'} {count} - {name}")
        if not good:
            failed += 1
            print("\n".join(f"# {line}" for line in (why or "it was taken").splitlines()[-6:]))
    print(f"1..{count}")
    sys.exit(1 if failed else 0)


main()
