#!/usr/bin/env python3
"""A site's power document, its series and what people say: what is refused, and that nothing of it is applied by half."""
import copy

from harness import *
from ocpp import *
from openapi import Document

EXAMPLE = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "contracts", "examples", "power.json"), encoding="utf-8"))


def a_site(server):
    """The site of the example, with its stations; made once."""
    if not hasattr(server, "site"):
        server.site = server.post("sites", {"name": "Example depot", "time_zone": "Europe/Berlin"}, status=201)["id"]
        for identity in ("CP-1", "CP-2", "CP-3", "HPC"):
            server.add_station(identity, site=server.site)
        server.other = server.post("sites", {"name": "Harbour"}, status=201)["id"]
        server.add_station("AWAY", site=server.other)
        server.document = Document(server.rest("GET", "openapi.json", key=False).json)
    return server.site


def fits(server, method, path, reply):
    equal(server.document.faults(method, "/" + path, reply), [], "faults")
    return reply


def put(server, document, query="", headers=None, raw=None):
    path = f"sites/{a_site(server)}/power"
    body = None if raw is not None else document
    reply = server.rest("PUT", path + query, body, headers=headers, raw=raw)
    return fits(server, "PUT", path, reply)


def refused(reply, status, field, *words):
    equal(reply.status, status, f"status ({reply.text[:400]})")
    equal(reply.json.get("field"), field, f"field ({reply.text[:400]})")
    for word in words:
        expect(word in reply.json["detail"], f"{word!r} is not in: {reply.json['detail']}")


# -- the document

@case
def a_site_without_a_document_says_so(server):
    site = a_site(server)
    equal(server.rest("GET", f"sites/{site}/power").status, 404, "GET")
    equal(server.rest("DELETE", f"sites/{site}/power").status, 404, "DELETE")
    for part in ("live", "plan"):
        equal(server.rest("GET", f"sites/{site}/power/{part}").status, 404, part)


@case
def a_dry_run_lists_everything_and_changes_nothing(server):
    bad = copy.deepcopy(EXAMPLE)
    bad["nodes"][1]["parent"] = "nowhere"
    bad["nodes"][3]["station"] = "NOBODY"
    bad["nodes"][4]["limit_a"] = -32
    bad["fleet"][0]["need_wh"] = 80000
    reply = put(server, bad, "?dry_run=true")
    equal(reply.status, 200, f"status ({reply.text[:300]})")
    paths = [finding["path"] for finding in reply.json["errors"]]
    for path in ("nodes[1].parent", "fleet[0].need_wh"):
        expect(path in paths, f"{path} is not among {paths}")
    equal(reply.json["applied"], False, "applied")
    equal(server.rest("GET", f"sites/{server.site}/power").status, 404, "after the dry run")


@case
def a_document_is_put_read_and_put_again(server):
    site = a_site(server)
    made = put(server, EXAMPLE)
    equal(made.status, 201, f"status ({made.text[:400]})")
    equal((made.json["errors"], made.json["warnings"]), ([], []), "findings")
    equal((made.json["nodes"], made.json["evses"]), (8, 5), "nodes and EVSEs")
    read = fits(server, "GET", f"sites/{site}/power", server.rest("GET", f"sites/{site}/power"))
    equal(read.json, EXAMPLE, "what was read")
    equal(read.headers["etag"], made.headers["etag"], "ETag")
    again = put(server, read.json, headers={"If-Match": read.headers["etag"]})
    equal(again.status, 200, f"status ({again.text[:300]})")
    expect(again.headers["etag"] != read.headers["etag"], "the ETag stays")
    late = put(server, read.json, headers={"If-Match": read.headers["etag"]})
    equal(late.status, 412, f"an old ETag ({late.text[:200]})")


CHANGES = [
    ("a cycle", lambda d: d["nodes"][1].update(parent="row-1"), "nodes[1].parent", "in a circle"),
    ("an unknown parent", lambda d: d["nodes"][2].update(parent="x"), "nodes[2].parent", "There is no node x"),
    ("a zero limit", lambda d: d["nodes"][0].update(limit_a=0), "nodes[0].limit_a", "more than zero"),
    ("a negative limit", lambda d: d["nodes"][0].update(limit_w=-1), "nodes[0].limit_w", "more than zero"),
    ("a station in two places", lambda d: d["nodes"][4].update(station="CP-1"), "nodes[4].station", "two places"),
    ("a station of another site", lambda d: d["nodes"][4].update(station="AWAY"), "nodes[4].station", "Harbour"),
    ("an unknown station", lambda d: d["nodes"][4].update(station="GHOST"), "nodes[4].station", "There is no station GHOST"),
    ("a phase that does not exist", lambda d: d["nodes"][5].update(wires="L4"), "nodes[5].wires", "L1, L2, L3"),
    ("a phase that is not there", lambda d: (d["nodes"][2].update(phases=["L1", "L2"]), d["nodes"][3].update(wires="L1"), d["nodes"][4].update(wires="L3", rotation="RST"),
                                             d["nodes"][5].update(wires="L2", rotation="RST")), "nodes[4].wires", "does not exist at row-1"),
    ("a meter in mA", lambda d: d["meters"][0].update(safe_a=60000), "meters[0].safe_a", "are these mA?"),
    ("two meters of one node", lambda d: d["meters"].extend([{**d["meters"][0], "id": i, "node": d["nodes"][2]["id"], "measures": "node"} for i in ("one", "two")]),
     f"meters[{len(EXAMPLE['meters']) + 1}].measures", "the same node"),
    ("a battery in kWh", lambda d: d["fleet"][0].update(battery_wh=60, need_wh=20), "fleet[0].battery_wh", "another unit"),
    ("a limit in kW", lambda d: d["nodes"][0].update(limit_w=160), "nodes[0].limit_w", "another unit"),
    ("two transformers on a path", lambda d: (d["nodes"][1].update(kind="transformer", primary_volts=10000), d["nodes"][2].update(kind="transformer", primary_volts=400)),
     "nodes[2].primary_volts", "below the transformer Yard"),
    ("a lease that is too short, with what it may be", lambda d: d["rules"].update(lease_s=5), "rules.lease_s", "a number from "),
    ("a negative time between rises", lambda d: d["rules"].update(hold_s=-1), "rules.hold_s", "a number from 0 to "),
    ("a negative demand charge", lambda d: d.update(demand_charge_minor_per_kw=-3), "demand_charge_minor_per_kw", "a number from 0 to "),
    ("a field that is not known", lambda d: d["nodes"][0].update(limit_ma=1), "nodes[0].limit_ma", "not known"),
    ("a limit as text", lambda d: d["nodes"][0].update(limit_a="250"), "nodes[0].limit_a", "wrong type"),
]


@table(CHANGES)
def a_document_is_refused_as_a_whole(server, change, field, word):
    site = a_site(server)
    if server.rest("GET", f"sites/{site}/power").status == 404:
        put(server, EXAMPLE)
    before = server.rest("GET", f"sites/{site}/power")
    bad = copy.deepcopy(EXAMPLE)
    bad["mode"] = "equal"
    change(bad)
    reply = put(server, bad)
    refused(reply, 422, field, word)
    expect(field in [finding["path"] for finding in reply.json["errors"]], f"errors: {reply.json['errors']}")
    after = server.rest("GET", f"sites/{site}/power")
    equal((after.json, after.headers["etag"]), (before.json, before.headers["etag"]), "the document after it was refused")


@table([
    ("no JSON", b"{\"nodes\": [", 422), ("a list", b"[]", 422), ("nothing", b"", 422), ("zeros", b"\0" * 100, 422),
])
def what_is_no_document_is_refused(server, raw, status):
    reply = put(server, None, raw=raw, headers={"Content-Type": "application/json"})
    equal(reply.status, status, f"status ({reply.text[:200]})")


@case
def warnings_do_not_refuse(server):
    document = copy.deepcopy(EXAMPLE)
    document["nodes"][1]["limit_a"] = 400          # above the grid's
    del document["nodes"][5]                       # CP-3 stands nowhere
    reply = put(server, document)
    expect(reply.status in (200, 201), f"status {reply.status} ({reply.text[:300]})")
    text = " ".join(finding["text"] for finding in reply.json["warnings"])
    for words in ("above the 250 A of Grid connection", "Station CP-3 belongs to this site"):
        expect(words in text, f"{words!r} is not in: {text}")


@table([
    ("a limit in mA", lambda d: d["nodes"][1].update(limit_a=60000), "nodes[1].limit_a", "another unit"),
    ("a limit in W above what its parent's amperes carry", lambda d: d["nodes"][2].update(limit_w=150000) or d["nodes"][2].pop("limit_a"), "nodes[2].limit_w", "above the 110400 W of Yard"),
    ("a limit of some hours above its parent's", lambda d: d["nodes"][1].update(times=[{"from": "22:00", "to": "06:00", "limit_a": 400}]), "nodes[1].times[0]", "above the 250 A of Grid connection"),
    ("hours that have no price", lambda d: d.update(mode="cheapest", prices=[{"from": "06:00", "to": "22:00", "price_minor_per_kwh": 30}, {"days": ["sat", "sun"], "price_minor_per_kwh": 20}]),
     "prices", "at 00:00 on Monday"),
    ("prices that end in the evening", lambda d: d.update(mode="cheapest", prices=[{"from": "00:00", "to": "22:00", "price_minor_per_kwh": 30}]), "prices", "at 22:00 on Monday"),
])
def a_warning_names_its_place(server, change, place, words):
    document = copy.deepcopy(EXAMPLE)
    change(document)
    reply = put(server, document, "?dry_run=true")
    equal((reply.status, reply.json["errors"]), (200, []), f"no error ({reply.text[:300]})")
    found = [finding["text"] for finding in reply.json["warnings"] if finding["path"] == place]
    expect(any(words in text for text in found), f"{words!r} at {place} is not in: {reply.json['warnings']}")


@case
def a_station_without_a_site_belongs_to_the_site_it_is_put_in(server):
    site = a_site(server)
    server.add_station("NEW-1")
    document = copy.deepcopy(EXAMPLE)
    document["nodes"].append({"id": "new", "parent": "hall", "kind": "station", "station": "NEW-1", "limit_a": 16})
    reply = put(server, document)
    expect(reply.status in (200, 201), f"status {reply.status} ({reply.text[:300]})")
    equal(server.get("stations/NEW-1")["site"], site, "its site")


@case
def who_may_only_look_changes_nothing(server):
    site = a_site(server)
    viewer = server.post("keys", {"role": "viewer", "name": "looks"}, status=201)["key"]
    if server.rest("GET", f"sites/{site}/power").status == 404:
        put(server, EXAMPLE)
    equal(server.rest("GET", f"sites/{site}/power", key=viewer).status, 200, "reading")
    for method, path, body in (("PUT", f"sites/{site}/power", EXAMPLE), ("DELETE", f"sites/{site}/power", None), ("POST", f"sites/{site}/power/cap", {"limit_a": 10}),
                               ("PUT", f"sites/{site}/series/price", {}), ("POST", f"sites/{site}/meters/roof/readings", {"power_w": 1})):
        equal(server.rest(method, path, body, key=viewer).status, 403, f"{method} {path}")


@case
def changes_are_audited(server):
    put(server, EXAMPLE)
    entries = [e for e in server.items("audit?limit=50") if e["action"].startswith("power.")]
    expect(entries and entries[0]["target"] == "site:Example depot", f"audit: {entries[:1]}")


@case
def of_a_large_document_the_audit_has_what_differs(server):
    site = server.post("sites", {"name": "Large"}, status=201)["id"]
    nodes = [{"id": "g", "kind": "grid", "limit_a": 2000}] + [{"id": f"c{n}", "parent": "g", "kind": "circuit", "name": f"Circuit number {n} of a large yard", "limit_a": 63} for n in range(900)]
    document = {"nodes": nodes, "mode": "equal"}
    for status in (201, 200):
        reply = server.rest("PUT", f"sites/{site}/power", document)
        equal(reply.status, status, reply.text[:300])
        document["nodes"][500]["limit_a"] = 32
        document["nodes"] = document["nodes"][:-1]
    entry = server.items("audit?target=site:Large")[0]
    changed = {side: {n["id"]: n["limit_a"] for n in entry[side]["nodes"]} for side in ("before", "after")}
    equal((entry["action"], changed), ("power.update", {"before": {"c499": 63, "c899": 63}, "after": {"c499": 32}}), "what differs")
    equal((entry["before"]["left_out"], entry["after"]["left_out"]), (0, 0), "left out")
    made = server.items("audit?target=site:Large")[1]
    expect(made["action"] == "power.create" and len(made["after"]["nodes"]) > 300 and made["after"]["left_out"] > 0, "the first one as far as there is room")
    expect(len(json.dumps(made)) < 200000, "bounded")


@case
def a_station_that_a_document_takes_is_in_the_audit(server):
    server.add_station("TAKEN-1")
    site = server.post("sites", {"name": "Takes"}, status=201)["id"]
    reply = server.rest("PUT", f"sites/{site}/power", {"nodes": [{"id": "g", "kind": "grid", "limit_a": 63}, {"id": "s", "parent": "g", "kind": "station", "station": "TAKEN-1", "limit_a": 32}]})
    equal(reply.status, 201, reply.text[:300])
    entry = server.items("audit?target=station:TAKEN-1")[0]
    equal((entry["action"], entry["before"]["site"], entry["after"]["site"]), ("station.update", None, site), "audit")


@case
def a_document_goes_with_its_site(server):
    site = server.post("sites", {"name": "Short-lived"}, status=201)["id"]
    equal(server.rest("PUT", f"sites/{site}/power", {"nodes": [{"id": "g", "kind": "grid", "limit_a": 63}]}).status, 201, "PUT")
    equal(server.rest("DELETE", f"sites/{site}").status, 204, "DELETE")
    equal(server.rest("GET", f"sites/{site}/power").status, 404, "GET")


@table([("unknown", "Europe/Berln"), ("a shell path", "../../etc/passwd"), ("an offset", "+02:00")])
def a_site_has_a_zone_that_exists(server, zone):
    refused(server.rest("POST", "sites", {"name": "Nowhere", "time_zone": zone}), 422, "time_zone", "Europe/Berlin")


# -- series

def series(server, kind, body=None, csv=None):
    path = f"sites/{a_site(server)}/series/{kind}"
    if csv is not None:
        reply = server.rest("PUT", path, raw=csv.encode(), headers={"Content-Type": "text/csv"})
    else:
        reply = server.rest("PUT", path, body)
    return fits(server, "PUT", path, reply)


def hours(first, last, skip=()):
    """Lines of a CSV by local time, without a zone."""
    return "from,price_minor_per_kwh\n" + "".join(f"{hour},{20 + n}\n" for n, hour in enumerate(h for h in range_of_hours(first, last) if h not in skip))


def range_of_hours(first, last):
    at = datetime.datetime.fromisoformat(first)
    while at <= datetime.datetime.fromisoformat(last):
        yield at.strftime("%Y-%m-%dT%H:%M")
        at += datetime.timedelta(hours=1)


@table([
    ("a gap", "price", {"points": [{"from": f"2026-11-28T{h:02d}:00:00Z", "price_minor_per_kwh": 1} for h in (0, 1, 3)]}, "points[2]", "A gap"),
    ("an overlap", "price", {"points": [{"from": f"2026-11-28T{h:02d}:00:00Z", "price_minor_per_kwh": 1} for h in (0, 2, 3)]}, "points[2]", "An overlap"),
    ("back in time", "price", {"points": [{"from": f"2026-11-28T{h:02d}:00:00Z", "price_minor_per_kwh": 1} for h in (1, 0)]}, "points[1]", "An overlap"),
    ("null", "price", {"from": "2026-11-28T00:00:00Z", "step_s": 3600, "price_minor_per_kwh": [1, None, 2]}, "price_minor_per_kwh[1]", "gap"),
    ("the unit of another kind", "price", {"from": "2026-11-28T00:00:00Z", "step_s": 3600, "power_w": [1]}, "power_w", "no field"),
    ("a price in the wrong unit", "price", {"from": "2026-11-28T00:00:00Z", "step_s": 3600, "price_minor_per_kwh": [10000000]}, "price_minor_per_kwh[0]", "another unit"),
    ("CO2 below nothing", "co2", {"from": "2026-11-28T00:00:00Z", "step_s": 3600, "co2_g_per_kwh": [-1]}, "co2_g_per_kwh[0]", "another unit"),
    ("a text for a number", "solar", {"from": "2026-11-28T00:00:00Z", "step_s": 900, "power_w": ["much"]}, "power_w[0]", "no number"),
    ("no time", "price", {"from": "tomorrow", "step_s": 3600, "price_minor_per_kwh": [1]}, "from", "no date and time"),
    ("no step", "price", {"from": "2026-11-28T00:00:00Z", "price_minor_per_kwh": [1, 2]}, "step_s", "from and step_s"),
    ("a moment twice", "price", {"points": [{"from": f"2026-11-28T{h:02d}:00:00Z", "price_minor_per_kwh": 1} for h in (0, 0)]}, "points[1]", "there twice"),
    ("one point alone", "price", {"points": [{"from": "2026-11-28T00:00:00Z", "price_minor_per_kwh": 1}]}, "points[0]", "at least two"),
])
def a_series_is_refused_with_its_place(server, kind, body, field, word):
    refused(series(server, kind, body), 422, field, word)


@case
def a_series_takes_the_place_of_its_own_hours_alone(server):
    """What was known for the hours before and after a correction stays known."""
    put = lambda first, values: equal(series(server, "load", {"from": first, "step_s": 3600, "power_w": values}).status, 200, f"from {first}")
    known = lambda: [(p["from"][11:16], p["power_w"]) for p in server.get(f"sites/{a_site(server)}/series/load?from=2027-01-01T00:00:00Z&to=2027-01-03T00:00:00Z")["parts"]]
    put("2027-01-01T00:00:00Z", [10, 11, 12, 13, 14, 15])
    put("2027-01-01T06:00:00Z", [16, 17])
    put("2027-01-01T02:00:00Z", [1, 2])
    equal(known(), [("00:00", [10, 11]), ("02:00", [1, 2]), ("04:00", [14, 15]), ("06:00", [16, 17])], "a correction in the middle")
    put("2001-01-01T00:00:00Z", [5, 5])
    equal(len(known()), 4, "parts after one of long ago was put")
    put("2027-01-01T03:00:00Z", [7, 7, 7, 7])
    equal(known(), [("00:00", [10, 11]), ("02:00", [1]), ("03:00", [7, 7, 7, 7]), ("07:00", [17])], "one over the end of three")


@case
def an_hour_that_clocks_leave_out_is_named(server):
    reply = series(server, "price", csv=hours("2026-03-29T00:00", "2026-03-29T23:00"))
    refused(reply, 422, "line 4", "does not exist in Europe/Berlin", "clocks go forward")


@case
def an_hour_that_is_missing_when_clocks_go_back_is_named(server):
    reply = series(server, "price", csv=hours("2026-10-25T00:00", "2026-10-25T23:00"))
    refused(reply, 422, "line 5", "A gap", "Clocks in Europe/Berlin change then")


@case
def a_series_by_a_fixed_offset_overlaps_when_clocks_change(server):
    """A day written with the summer offset up to its end: 24 hours where 25 are."""
    lines = [f"2026-10-25T{h:02d}:00+0{2 if h < 3 else 1}:00,20\n" for h in range(24)]
    reply = series(server, "price", csv="from,price_minor_per_kwh\n" + "".join(lines))
    refused(reply, 422, "line 5", "A gap", "Clocks in Europe/Berlin change then")


@table([
    ("no heading", "2026-11-28T00:00,1\n2026-11-28T01:00,1\n", "line 1", "from,price_minor_per_kwh"),
    ("three cells", "from,price_minor_per_kwh\n2026-11-28T00:00,1,2\n", "line 2", "3 cells"),
    ("no number", "from,price_minor_per_kwh\n2026-11-28T00:00,cheap\n", "line 2", "no number"),
])
def a_csv_is_refused_with_its_line(server, csv, field, word):
    reply = series(server, "price", csv=csv)
    expect(reply.status in (400, 422), f"status {reply.status}")
    refused(reply, reply.status, field, word)


@case
def an_unknown_series_is_not_there(server):
    site = a_site(server)
    equal(server.rest("GET", f"sites/{site}/series/weather").status, 404, "GET")
    equal(server.rest("PUT", f"sites/{site}/series/weather", {}).status, 404, "PUT")


# -- what people say

@table([
    ("no limit", {}, "limit_a", "needs limit_a"),
    ("a negative limit", {"limit_a": -1}, "limit_a", "from 0"),
    ("a moment that is past", {"limit_a": 10, "until": "2020-01-01T00:00:00Z"}, "until", "past"),
    ("both ends", {"limit_a": 10, "until": "2040-01-01T00:00:00Z", "duration_s": 60}, "duration_s", "not both"),
    ("a text", {"limit_w": "10 kW"}, "limit_w", "number"),
    ("a field that is not known", {"limit_kw": 10}, "limit_kw", "no field"),
])
def a_cap_is_refused_with_its_field(server, body, field, word):
    site = a_site(server)
    refused(server.rest("POST", f"sites/{site}/power/cap", body), 422, field, word)


@table([
    ("nothing", {}, "power_w", "has power_w or current_a"),
    ("two phases", {"current_a": [1, 2]}, "current_a", "list of three"),
    ("a text", {"current_a": ["a", "b", "c"]}, "current_a", "three numbers"),
    ("tomorrow", {"power_w": 1, "at": "2040-01-01T00:00:00Z"}, "at", "future"),
])
def a_reading_is_refused_with_its_field(server, body, field, word):
    site = a_site(server)
    refused(server.rest("POST", f"sites/{site}/meters/roof/readings", body), 422, field, word)


if __name__ == "__main__":
    run()
