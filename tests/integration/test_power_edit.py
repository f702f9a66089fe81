#!/usr/bin/env python3
"""A site's document is edited while cars charge: stations keep profiles in flash, so each is written what changes for it, and nothing else.

A station of each version, as they are known to obey, counts what it is told; another one's limit is what is edited.
"""
import copy

import obedient
from harness import *
from ocpp import *
from outlet import *

NAMES = {"EDIT-16": V16, "EDIT-201": V201, "EDIT-21": V21, "OTHER": V201}
DOCUMENT = {"mode": "equal", "rules": {"hold_s": 0, "switch_s": 0, "reclaim_s": 3600},
            "nodes": [{"id": "grid", "kind": "grid", "limit_a": 300},
                      *({"id": s, "parent": "grid", "kind": "station", "station": s, "limit_a": 32, "fail_safe_a": 6} for s in NAMES)]}


def make_server():
    server = shared_site(NAMES, DOCUMENT, {"EDIT-16": PROVEN, "EDIT-201": PROVEN, "EDIT-21": DYNAMIC, "OTHER": PROVEN})
    server.outlets = {name: Outlet(server, name, protocol) for name, protocol in NAMES.items() if protocol != V16}
    server.car = obedient.Obedient(server, "EDIT-16")
    server.held, server.stations = server.stations, []  # they stay for all cases
    for outlet in server.outlets.values():
        eventually(lambda o=outlet: o.limit("TxDefaultProfile") == 6 and o.limit("ChargingStationMaxProfile"), "the layers below", seconds=10)
    eventually(lambda: {"TxDefaultProfile", "ChargePointMaxProfile"} <= set(server.car.profiles), "the layers below in 1.6", seconds=10)
    for name in ("EDIT-201", "EDIT-21"):
        server.outlets[name].plug("CAR-" + name)
        eventually(lambda n=name: server.outlets[n].limit() == 32, "32 A", seconds=10)
    server.car.plug("CAR-EDIT-16")
    eventually(lambda: server.car.limit() == 32 and "TxProfile" in server.car.profiles, "32 A in 1.6", seconds=10)
    server.now = copy.deepcopy(DOCUMENT)
    time.sleep(3)  # what was told has settled, priority is prepared
    return server


def told(server, identity):
    """How often it was told each purpose."""
    station = server.car.station if identity == "EDIT-16" else server.outlets[identity].station
    counts = {}
    for call in list(station.calls):
        if call[2] in ("SetChargingProfile", "UpdateDynamicSchedule"):
            profile = call[3].get("csChargingProfiles") or call[3].get("chargingProfile") or {}
            purpose = profile.get("chargingProfilePurpose", call[2])
            counts[purpose] = counts.get(purpose, 0) + 1
    return counts


def edit(server, node, status=200, **more):
    document = copy.deepcopy(server.now)
    next(n for n in document["nodes"] if n["id"] == node).update(more)
    reply = server.rest("PUT", f"sites/{server.site}/power", document)
    equal(reply.status, status, f"PUT power ({reply.text[:300]})")
    if status == 200:
        server.now = document


def more(server, identity, before):
    return {purpose: count - before[identity].get(purpose, 0) for purpose, count in told(server, identity).items() if count != before[identity].get(purpose, 0)}


def all_told(server):
    return {name: told(server, name) for name in NAMES}


@case
def what_is_refused_is_told_to_nobody(server):
    before = all_told(server)
    edit(server, "OTHER", status=422, limit_a=-16)
    time.sleep(2)
    equal({name: more(server, name, before) for name in NAMES}, {name: {} for name in NAMES}, "what they were told")


@case
def another_stations_limit_is_told_to_that_one_alone(server):
    for limit_a in (16, 20, 32, 16):
        before = all_told(server)
        edit(server, "OTHER", limit_a=limit_a)
        eventually(lambda: more(server, "OTHER", before) == {"ChargingStationMaxProfile": 1}, f"its maximum, {limit_a} A", seconds=10)
        time.sleep(1)
        equal({name: more(server, name, before) for name in NAMES if name != "OTHER"}, {"EDIT-16": {}, "EDIT-201": {}, "EDIT-21": {}}, "what the others were told")
    equal([server.car.limit(), *(server.outlets[n].limit() for n in ("EDIT-201", "EDIT-21"))], [32, 32, 32], "and they charge as before")


@case
def a_fail_safe_is_the_default_alone(server):
    for name in ("EDIT-16", "EDIT-201", "EDIT-21"):
        before = all_told(server)
        edit(server, name, fail_safe_a=0)
        eventually(lambda: more(server, name, before).get("TxDefaultProfile") == 1, f"the default of {name}", seconds=10)
        time.sleep(1)
        equal(set(more(server, name, before)) - {"PriorityCharging"}, {"TxDefaultProfile"}, f"what {name} was told")
        equal([more(server, other, before) for other in NAMES if other != name], [{}, {}, {}], "what the others were told")


if __name__ == "__main__":
    run(make_server)
