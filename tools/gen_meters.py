#!/usr/bin/env python3
"""Writes the register maps of site meters (contracts/meters/*.toml) as C.

    gen_meters.py OUT.c MAPS.toml...
"""
import os
import re
import sys
import tomllib

TYPES = {"int16": 1, "uint16": 1, "int32": 2, "uint32": 2, "float32": 2}
UNITS = {"power": {"W", "kW"}, "current": {"A", "mA"}}
SPAN_MAX = 256


def check_value(name, value):
    assert set(value) <= {"what", "at", "type", "unit", "exponent", "exponent_at"}, f"{name}: a key that is not known in {value}"
    assert re.fullmatch(r"power(_l[123])?|current_l[123]", value["what"]), f"{name}: what = {value['what']}"
    assert value["type"] in TYPES, f"{name}: type = {value['type']}"
    assert value["unit"] in UNITS[value["what"].split("_")[0]], f"{name}: {value['what']} in {value['unit']}"


def check(meter, ids):
    name = meter.get("id", "?")
    assert re.fullmatch(r"[a-z0-9-]+", name) and name not in ids, f"{name}: small letters, digits and '-', once"
    assert set(meter) == {"id", "name", "source", "registers", "base", "value"} | ({"models"} if meter.get("base") == "sunspec" else set()), f"{name}: its keys"
    assert meter["registers"] in ("input", "holding") and 0 < len(meter.get("models", [1])) < 8, f"{name}: registers, models"
    for value in meter["value"]:
        check_value(name, value)
    ends = [v["at"] + TYPES[v["type"]] for v in meter["value"]]
    starts = [v["at"] for v in meter["value"]] + [v["exponent_at"] for v in meter["value"] if "exponent_at" in v]
    assert max(ends + starts) - min(starts) < SPAN_MAX, f"{name}: its registers lie too far apart"
    ids.add(name)


def row(value):
    return (f"    {{ METER_{value['what'].upper()}, METER_{value['unit'].upper()}, MAP_{value['type'].upper()}, {value['at']}, "
            f"{value.get('exponent', 0)}, {value.get('exponent_at', 'MAP_NO_EXPONENT')} }},")


def main(out, *files):
    ids, values, maps = set(), [], []
    for path in sorted(files, key=os.path.basename):
        with open(path, "rb") as file:
            meter = tomllib.load(file)
        check(meter, ids)
        name = "values_of_" + meter["id"].replace("-", "_")
        sunspec = meter["base"] == "sunspec"
        values += [f"static const struct map_value {name}[] = {{", *map(row, meter["value"]), "};"]
        maps.append(f"    {{ STR_INIT(\"{meter['id']}\"), STR_INIT(\"{meter['name']}\"), {str(meter['registers'] == 'holding').lower()}, "
                    f"{str(sunspec).lower()}, {0 if sunspec else meter['base']}, {{ {', '.join(map(str, meter.get('models', [0])))} }}, COUNT({name}), {name} }},")
    text = "\n".join(['#include "meters/map.h"', "", *values, "", "const struct meter_map meter_maps[] = {", *maps, "};",
                      "const uint32_t meter_map_count = COUNT(meter_maps);", ""])
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
