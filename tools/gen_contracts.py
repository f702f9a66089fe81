#!/usr/bin/env python3
"""Writes the C structs, enumerations and descriptor tables of a family of OCPP versions from their JSON schemas.

    gen_contracts.py contracts/ocpp.toml SCHEMA_FOLDER FAMILY OUT_FOLDER

FAMILY is a table of the TOML file: v16, or v2x (2.0.1 and 2.1 together). Writes FAMILY.gen.h and FAMILY.gen.c; the
same input gives the same bytes. The versions of a family share one set of structs, in which each field has the wider
of its types (a closed list of words that was opened is a string, an integer that became a number is a number); each
version has its own descriptors, with its own checks. src/json/desc.h says how a field lies in its struct.
"""
import json
import os
import re
import sys
import tomllib
from dataclasses import dataclass, field as member

SCALE = 10**6
ITEMS_MAX = 10000
MASK = 2**64 - 1
# What a schema may say. Anything else would be a rule that we do not check, so it stops the build.
KEYWORDS = {
    "$id", "$ref", "$schema", "additionalItems", "additionalProperties", "comment", "default", "definitions",
    "description", "enum", "format", "items", "javaType", "maxItems", "maxLength", "maximum", "minItems", "minimum",
    "multipleOf", "properties", "required", "title", "type",
}


# Words in mixed case that are one word to us.
ONE_WORD = {
    "EMAIDs": "Emaids", "IKEv2": "Ikev2", "IPSec": "Ipsec", "L2TP": "L2tp", "RoCoF": "Rocof", "SoC": "Soc",
    "TIme": "Time", "V2G": "V2g", "V2X": "V2x", "eMAID": "Emaid", "kVA": "Kva", "kW": "Kw", "kWh": "Kwh",
}


def snake(name):
    for mixed_case, word in ONE_WORD.items():
        name = name.replace(mixed_case, word)
    name = re.sub(r"[^A-Za-z0-9]+", "_", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


C_KEYWORDS = set("""auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while""".split())


def member_name(wire):
    name = snake(wire)
    return name + "_" if name in C_KEYWORDS else name


@dataclass
class Enum:
    name: str
    words: list
    counts: dict = member(default_factory=dict)  # version: how many of the words it has


@dataclass
class Field:
    """A property as one version sees it."""
    wire: str
    kind: str
    required: bool
    is_list: bool = False
    ref: str = None  # name of the struct or enumeration
    low: int = None
    high: int = None
    step: int = 0
    len_max: int = 0
    items_min: int = 0
    items_max: int = ITEMS_MAX
    flags: tuple = ()

    @property
    def name(self):
        return member_name(self.wire)


@dataclass
class Struct:
    name: str
    versions: dict = member(default_factory=dict)  # version: list of its Fields
    open: bool = False
    is_message: bool = False
    merged: list = member(default_factory=list)  # [(wire name, kind, is_list, ref, has)]


class Family:
    def __init__(self, name, names):
        self.name, self.names = name, names
        self.versions = list(names["version"])
        self.structs, self.enums, self.actions = {}, {}, {}

    # --- reading the schemas

    def read(self, version, schemas):
        expect = self.names["version"][version]
        assert len(schemas) == expect["schemas"], f"{version}: {len(schemas)} schemas, expected {expect['schemas']}"
        actions = self.actions[version] = {}
        for schema in sorted(schemas, key=lambda s: s["$id"]):
            action, part = self.message(schema["$id"])
            name = f"{snake(action)}_{part}"
            self.object(version, name, schema, schema.get("definitions", {}))
            self.structs[name].is_message = True
            actions.setdefault(action, set()).add(part)
        for who in ("station", "server"):
            sends = [a for a in actions if who in self.senders(a)]
            assert len(sends) == expect[who], f"{version}: the {who} sends {len(sends)}, expected {expect[who]}"

    @staticmethod
    def message(schema_id):
        name = schema_id.removeprefix("urn:")
        for end, part in ((".req", "req"), (".conf", "res"), ("Request", "req"), ("Response", "res")):
            if name.endswith(end):
                return name.removesuffix(end), part
        return name, "req"  # a SEND has no suffix

    def senders(self, action):
        if action in self.names["both"]:
            return ("station", "server")
        return ("station",) if action in self.names["station"] else ("server",)

    def object(self, version, name, schema, definitions):
        fields = []
        required = schema.get("required", [])
        self.known(schema, {"type": "object"})
        for wire, body in schema.get("properties", {}).items():
            fields.append(self.field(version, name, wire, body, wire in required, definitions))
        assert set(required) <= set(schema.get("properties", {})), f"{name}: requires what it has not"
        assert len(fields) <= 64, f"{name}: more than 64 fields"
        struct = self.structs.setdefault(name, Struct(name))
        is_open = schema.get("additionalProperties") is not False
        assert is_open == (name == "custom_data"), f"{name}: open or not"
        assert not struct.versions.get(version) or struct.versions[version] == fields, f"{name}: two bodies"
        struct.versions[version] = fields
        struct.open = is_open

    def known(self, schema, expect):
        extra = set(schema) - KEYWORDS
        assert not extra, f"keywords that are not checked: {extra}"
        for key, value in expect.items():
            assert schema.get(key) == value, f"{key} should be {value}: {schema}"

    def field(self, version, owner, wire, body, required, definitions):
        self.known(body, {})
        field = Field(wire, "", required)
        if body.get("type") == "array":
            field.is_list = True
            field.items_min = body.get("minItems", 0)
            field.items_max = min(body.get("maxItems", ITEMS_MAX), ITEMS_MAX)
            body = body["items"]
            self.known(body, {})
        if "$ref" in body:
            self.reference(version, field, body["$ref"].removeprefix("#/definitions/"), definitions)
        elif body.get("type") == "object":
            field.kind, field.ref = "OBJECT", self.names["objects"][wire]
            self.object(version, field.ref, body, definitions)
        elif "enum" in body:
            field.kind, field.ref = "ENUM", self.names["enums"][f"{owner}.{wire}"]
            self.enum(version, field.ref, body["enum"])
        else:
            self.scalar(field, body)
        return field

    def reference(self, version, field, definition, definitions):
        body = definitions[definition]
        default = snake(re.sub(r"(Enum)?Type$", "", definition))
        field.ref = self.names["definitions"].get(definition, default)
        if "enum" in body:
            field.kind = "ENUM"
            self.enum(version, field.ref, body["enum"])
            return
        field.kind = "OPEN" if definition == "CustomDataType" else "OBJECT"
        self.object(version, field.ref, body, definitions)

    def enum(self, version, name, words):
        enum = self.enums.setdefault(name, Enum(name, []))
        if version in enum.counts:
            assert set(enum.words) == set(words), f"{name}: two lists of words"
            return
        assert set(enum.words) <= set(words), f"{name}: a later version has lost words"
        enum.words += [word for word in words if word not in enum.words]
        enum.counts[version] = len(enum.words)

    @staticmethod
    def scalar(field, body):
        kinds = {"string": "STR", "integer": "INT", "number": "NUMBER", "boolean": "BOOL", None: "RAW"}
        field.kind = kinds[body.get("type")]
        scale = SCALE if field.kind == "NUMBER" else 1
        field.low = body["minimum"] * scale if "minimum" in body else None
        field.high = body["maximum"] * scale if "maximum" in body else None
        field.step = round(body.get("multipleOf", 0) * SCALE)
        field.len_max = body.get("maxLength", 0)
        if body.get("format") == "date-time":
            field.kind = "TIME"
        elif body.get("format") == "uri":
            field.flags = ("URI",)
        else:
            assert "format" not in body, f"a format that is not checked: {body}"

    # --- the one struct for all versions

    def merge(self):
        assert not set(self.structs) & set(self.enums), "C knows one name space for structs and enumerations"
        for struct in self.structs.values():
            order = []
            for version in reversed(self.versions):  # the latest has the fullest list
                order += [f.wire for f in struct.versions.get(version, []) if f.wire not in order]
            for wire in order:
                seen = {v: f for v, fs in struct.versions.items() for f in fs if f.wire == wire}
                struct.merged.append(self.merge_field(struct, wire, seen))

    def merge_field(self, struct, wire, seen):
        kinds = {f.kind for f in seen.values()}
        assert len({f.is_list for f in seen.values()}) == 1, f"{struct.name}.{wire}: a list or not"
        if kinds == {"ENUM", "STR"}:
            kind = "STR"
        elif kinds == {"INT", "NUMBER"}:
            kind = "NUMBER"
        else:
            assert len(kinds) == 1, f"{struct.name}.{wire}: {kinds}"
            kind = kinds.pop()
        for field in seen.values():
            self.widen(field, kind)
        is_list = next(iter(seen.values())).is_list
        everywhere = len(seen) == len(struct.versions) and all(f.required for f in seen.values())
        has = kind in ("INT", "NUMBER", "BOOL") and not is_list and not everywhere
        ref = None if kind == "STR" else next(iter(seen.values())).ref
        return wire, kind, is_list, ref, has

    @staticmethod
    def widen(field, kind):
        if field.kind == "INT" and kind == "NUMBER":
            field.flags += ("WHOLE",)
            field.low = None if field.low is None else field.low * SCALE
            field.high = None if field.high is None else field.high * SCALE
        field.kind = kind

    def prefix(self, name):
        return f"{self.name}_{name}"


# --- a hash without collisions (src/json/words.h finds by it)

def key_of(word):
    data = word.encode()
    length = len(data)

    def load(at, count):
        return int.from_bytes(data[at:at + count], "little")
    if length >= 8:
        return load(0, 8), load(length // 2 - 4, 8), load(length - 8, 8)
    if length >= 4:
        return load(0, 4), 0, load(length - 4, 4)
    return (data[0], data[length // 2], data[-1]) if length else (0, 0, 0)


def mixed(word):
    head, middle, tail = key_of(word)
    rotate = lambda x, by: (x << by | x >> (64 - by)) & MASK
    return (head + rotate(middle, 21) + rotate(tail, 42) + len(word.encode())) & MASK


def find_slots(words):
    """The smallest table, and a seed for it, in which no two words share a slot."""
    hashes = [mixed(word) for word in words]
    assert len(set(hashes)) == len(words) <= 254, "words that cannot be told apart"
    bits = max(1, (len(words) * 5 // 4).bit_length())
    while True:
        seed = 0x9e3779b97f4a7c15
        for _ in range(2000):
            slots = [(h * seed & MASK) >> (64 - bits) for h in hashes]
            if len(set(slots)) == len(slots):
                table = [0] * (1 << bits)
                for index, slot in enumerate(slots):
                    table[slot] = index + 1
                return table, seed, 64 - bits
            seed = (seed * 6364136223846793005 + 1442695040888963407) & MASK | 1
        bits += 1


# --- writing C

C_TYPES = {
    "STR": "struct str ", "RAW": "struct str ", "OPEN": "struct str ", "INT": "int64_t ", "NUMBER": "int64_t ",
    "BOOL": "bool ", "TIME": "utc_ms ",
}


def wrap(items, first="    ", width=100):
    """A list with commas, broken into lines."""
    lines, line = [], first
    for item in items:
        if len(line) + len(item) + 1 > width:
            lines.append(line.rstrip())
            line = "    "
        line += item + ", "
    return "\n".join(lines + [line.rstrip()])


class Writer:
    def __init__(self, family):
        self.family, self.p = family, family.name

    def member(self, merged):
        wire, kind, is_list, ref, _ = merged
        name = member_name(wire)
        if kind == "OBJECT":
            c_type = f"struct {self.family.prefix(ref)} *"
        elif kind == "ENUM":
            c_type = f"enum {self.family.prefix(ref)} " + ("*" if is_list else "")
        else:
            c_type = C_TYPES[kind] + ("*" if is_list else "")
        note = " /* x 10^6 */" if kind == "NUMBER" else ""
        side = f"\n    uint32_t {name}_count;" if is_list else ""
        return f"    {c_type}{name};{note}{side}"

    def struct(self, struct):
        lines = [f"struct {self.family.prefix(struct.name)} {{"]
        lines += [self.member(m) for m in struct.merged] or ["    char none; /* it has no fields */"]
        has = [f"has_{member_name(m[0])}" for m in struct.merged if m[4]]
        if has:
            lines.append(wrap(has, "    bool ").rstrip(",") + ";")
        return "\n".join(lines + ["};"])

    def enum(self, enum):
        prefix = self.family.prefix(enum.name)
        upper = prefix.upper()
        names = [f"{upper}_UNKNOWN_VALUE"] + [f"{upper}_{snake(w).upper()}" for w in enum.words] + \
            [f"{upper}_COUNT"]
        assert len(set(names)) == len(names), f"{enum.name}: two words give one constant"
        body = "\n".join(f"    {name}," for name in names)
        return f"enum {prefix} {{\n{body}\n}};\nextern const struct str {prefix}_words[{upper}_COUNT];"

    def structs(self):
        by_kind = lambda s: (s.is_message, s.name)
        return sorted(self.family.structs.values(), key=by_kind)

    def header(self):
        out = [f"/* Made by tools/gen_contracts.py from the schemas of {', '.join(self.family.versions)}. */",
               "#pragma once", '#include "ocpp/contracts.h"', ""]
        for name in sorted(self.family.enums):
            out += [self.enum(self.family.enums[name]), ""]
        for struct in self.structs():
            out += [self.struct(struct), ""]
        for version in self.family.versions:
            out += [f"extern const struct json_desc {version}_{s.name}_desc;" for s in self.structs()
                    if version in s.versions]
            out += [f"extern const struct ocpp_actions {version}_actions;", ""]
        return "\n".join(out)

    def slots(self, name, words):
        """The table under this name, and the initialiser that uses it."""
        table, seed, shift = find_slots(words)
        numbers = wrap([str(n) for n in table])
        text = f"static const uint8_t {name}_slots[{len(table)}] = {{\n{numbers}\n}};"
        return text, f"{{ {name}_slots, 0x{seed:016x}, {shift} }}"

    def words(self, enum):
        prefix = self.family.prefix(enum.name)
        slots, use = self.slots(prefix, enum.words)
        text = "\n".join(f"    STR_INIT({json.dumps(w)})," for w in [""] + enum.words)
        return (f"const struct str {prefix}_words[{prefix.upper()}_COUNT] = {{\n{text}\n}};\n{slots}\n"
                f"static const struct json_words {prefix}_list = {{ {prefix}_words, {len(enum.words)}, {use} }};\n")

    def field(self, version, struct, field, has):
        prefix = f"struct {self.family.prefix(struct.name)}"
        side = f"offsetof({prefix}, {field.name}_count)" if field.is_list else \
            f"offsetof({prefix}, has_{field.name})" if has else "JSON_NOWHERE"
        flags = ["JSON_REQUIRED"] * field.required + ["JSON_LIST"] * field.is_list + [f"JSON_{f}" for f in field.flags]
        ref, high = "NULL", field.high
        if field.ref in self.family.enums:
            ref, high = f"&{self.family.prefix(field.ref)}_list", self.family.enums[field.ref].counts[version]
        desc = f"&{version}_{field.ref}_desc" if field.kind in ("OBJECT", "OPEN") else None
        head, middle, tail = key_of(field.wire)
        bound = lambda value, none: none if value is None else f"INT64_C({value})"
        return (f"    {{ STR_INIT(\"{field.wire}\"), {{ 0x{head:x}, 0x{middle:x}, 0x{tail:x} }}, "
                + (f"{{ .desc = {desc} }}" if desc else f"{{ .words = {ref} }}")
                + f",\n      {bound(field.low, 'INT64_MIN')}, {bound(high, 'INT64_MAX')}, {field.step}, "
                f"{field.len_max}, {field.items_min}, {field.items_max},\n      offsetof({prefix}, {field.name}), "
                f"{side}, JSON_{field.kind}, {' | '.join(flags) or '0'} }},")

    def desc(self, version, struct):
        fields = struct.versions[version]
        has = {m[0]: m[4] for m in struct.merged}
        name = f"{version}_{struct.name}"
        slots, use = self.slots(name, [f.wire for f in fields])
        mask = lambda test: sum(1 << i for i, f in enumerate(fields) if test(f))
        required, times = mask(lambda f: f.required), mask(lambda f: f.kind == "TIME" and not f.is_list)
        rows = "\n".join(self.field(version, struct, f, has[f.wire]) for f in fields)
        table = f"static const struct json_field {name}_fields[] = {{\n{rows}\n}};\n" if fields else ""
        return (f"{table}{slots}\nconst struct json_desc {name}_desc = {{\n    \"{struct.name}\", "
                f"{f'{name}_fields' if fields else 'NULL'}, {use},\n    0x{required:x}, 0x{times:x}, "
                f"sizeof(struct {self.family.prefix(struct.name)}), {len(fields)}, {str(struct.open).lower()}\n}};\n")

    def actions(self, version):
        actions = sorted(self.family.actions[version])
        slots, use = self.slots(f"{version}_action", actions)
        rows, names = [], ["    STR_INIT(\"\"),"]
        for action in actions:
            senders = " | ".join(f"OCPP_FROM_{who.upper()}" for who in self.family.senders(action))
            res = f"&{version}_{snake(action)}_res_desc" if "res" in self.family.actions[version][action] else "NULL"
            rows.append(f"    {{ STR_INIT(\"{action}\"), {senders}, &{version}_{snake(action)}_req_desc, {res} }},")
            names.append(f"    STR_INIT(\"{action}\"),")
        return "\n".join([
            f"static const struct ocpp_action {version}_action_list[] = {{", *rows, "};",
            f"static const struct str {version}_action_names[] = {{", *names, "};", slots,
            f"const struct ocpp_actions {version}_actions = {{ {version}_action_list, {len(actions)},",
            f"    {{ {version}_action_names, {len(actions)}, {use} }} }};", ""])

    def source(self):
        out = [f'#include "{self.p}.gen.h"', ""]
        for name in sorted(self.family.enums):
            out.append(self.words(self.family.enums[name]))
        for version in self.family.versions:
            out += [self.desc(version, s) for s in self.structs() if version in s.versions]
            out.append(self.actions(version))
        return "\n".join(out)


def main(names_file, schema_folder, family_name, out_folder):
    with open(names_file, "rb") as file:
        family = Family(family_name, tomllib.load(file)[family_name])
    for version in family.versions:
        with open(os.path.join(schema_folder, family.names["version"][version]["file"]), encoding="utf-8") as file:
            family.read(version, json.load(file))
    family.merge()
    writer = Writer(family)
    for ending, text in ((".gen.h", writer.header()), (".gen.c", writer.source())):
        with open(os.path.join(out_folder, family_name + ending), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
