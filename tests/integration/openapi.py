"""openapi.py: does an answer fit what the OpenAPI document says of it? The part of JSON Schema that the document uses."""
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Document:
    def __init__(self, spec):
        self.spec = spec

    def resolve(self, node):
        while "$ref" in node:
            target = self.spec
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operation(self, method, path):
        """(template, operation) for a path without /api/v1 and query; exact templates win over those with holes."""
        found = []
        for template, item in self.spec["paths"].items():
            pattern = "[^/]+".join(re.escape(p) for p in re.split(r"\{\w+\}", template))
            if re.fullmatch(pattern, path) and method.lower() in item:
                found.append((template.count("{"), template, item[method.lower()]))
        return min(found)[1:] if found else (None, None)

    def faults(self, method, path, reply):
        """What is wrong with this answer, one line each."""
        template, operation = self.operation(method, path.split("?")[0])
        if operation is None:
            return [f"{method} {path} is not in the document"]
        responses = operation["responses"]
        response = responses.get(str(reply.status), responses.get("default"))
        if response is None:
            return [f"{method} {template}: status {reply.status} is not in the document"]
        response = self.resolve(response)
        content = response.get("content")
        kind = reply.headers.get("content-type", "").split(";")[0]
        if not content:
            return [f"{method} {template}: {reply.status} has a body"] if reply.raw else []
        if kind not in content:
            return [f"{method} {template}: {reply.status} is {kind}, not {' or '.join(content)}"]
        wrong = [f"{method} {template}: header {name} is missing" for name in response.get("headers", {})
                 if name.lower() not in reply.headers and not name.startswith("Voltd-")]
        if "json" in kind:
            wrong += [f"{method} {template}{fault}" for fault in self.check(reply.json, content[kind]["schema"], "")]
        return wrong

    def names(self, schema):
        """The members that the document knows; None where any are allowed."""
        schema = self.resolve(schema)
        if "additionalProperties" in schema and schema["additionalProperties"] is not False or "oneOf" in schema:
            return None
        known = set(schema.get("properties", {}))
        for part in schema.get("allOf", []):
            more = self.names(part)
            if more is None:
                return None
            known |= more
        return known or None

    def check(self, value, schema, where, part=False):
        """The faults of a value; `part`: this schema is one of several that describe it."""
        known = self.names(schema) if isinstance(value, dict) and not part else None
        extra = [f"{where}.{name} is not in the document" for name in value if name not in known] if known else []
        return extra + self.check_own(value, self.resolve(schema), where)

    def check_own(self, value, schema, where):
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(is_type(value, k) for k in kinds):
            return [f"{where}: {value!r:.60} is no {' or '.join(kinds)}"]
        faults = []
        if "enum" in schema and value not in schema["enum"]:
            faults.append(f"{where}: {value!r} is none of {schema['enum']}")
        if schema.get("format") == "date-time" and isinstance(value, str) and not TIME.fullmatch(value):
            faults.append(f"{where}: {value!r} is no UTC time")
        for part in schema.get("allOf", []):
            faults += self.check(value, part, where, part=True)
        if "oneOf" in schema and sum(not self.check(value, part, where) for part in schema["oneOf"]) != 1:
            faults.append(f"{where}: {value!r:.60} fits not exactly one of {len(schema['oneOf'])}")
        if isinstance(value, dict):
            properties = schema.get("properties", {})
            faults += [f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value]
            for name, member in value.items():
                if name in properties:
                    faults += self.check(member, properties[name], f"{where}.{name}")
                elif isinstance(schema.get("additionalProperties"), dict):
                    faults += self.check(member, schema["additionalProperties"], f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                faults += self.check(item, schema["items"], f"{where}[{index}]")
        return faults
