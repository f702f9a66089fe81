#!/usr/bin/env python3
"""Charging limits of 2.x by stations that are not ours: limits from outside (K12, K13), profiles that they hold (K09), what cars need and plan (K15 to K17),
limits of single phases (2.1), profiles that a person sets past the server, and stations of 1.6 that can nothing of it."""
from harness import *
from ocpp import *
from openapi import Document
from outlet import *

NAMES = {"OUT-1": V201, "OUT-2": V21, "HELD-1": V21, "CAR-1": V201, "CAR-2": V21, "SINGLE-1": V21, "WAIT-1": V201}
DOCUMENT = {"mode": "equal", "rules": {"hold_s": 0, "switch_s": 0, "reclaim_s": 3600},
            "nodes": [{"id": "grid", "kind": "grid", "limit_phases_a": [300, 320, 310]},
                      *({"id": s, "parent": "grid", "kind": "station", "station": s, "limit_a": 32, "fail_safe_a": 6} for s in NAMES),
                      {"id": "OLD-1", "parent": "grid", "kind": "station", "station": "OLD-1", "limit_a": 32},
                      {"id": "OLD-2", "parent": "grid", "kind": "station", "station": "OLD-2", "limit_a": 32}]}
SCHEDULE = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}


def make_server():
    server = shared_site({**NAMES, "OLD-1": V16, "OLD-2": V16}, DOCUMENT, {n: {**PROVEN, "switches": n == "SINGLE-1"} for n in NAMES})
    server.document = Document(server.rest("GET", "openapi.json", key=False).json)
    server.outlets = {name: Outlet(server, name, protocol) for name, protocol in NAMES.items()}
    for outlet in server.outlets.values():
        eventually(lambda o=outlet: o.limit("TxDefaultProfile") == 6 and o.limit("ChargingStationMaxProfile"), "the layers below", seconds=10)
    for name in ("OUT-1", "OUT-2", "HELD-1"):
        server.outlets[name].plug("CAR-" + name)
    for name in ("OUT-1", "OUT-2", "HELD-1"):
        eventually(lambda n=name: server.outlets[n].limit() == 32, "32 A", seconds=10)
    session = server.outlets["HELD-1"].session()  # for a later case: it takes a while to settle
    equal(server.rest("PUT", f"sessions/{session}/limit", {"limit_a": 8}).status, 200, "8 A")
    server.held, server.stations = server.stations, []  # they stay for all cases
    return server


def behaviour(server, identity):
    path = f"stations/{identity}/behaviour"
    reply = server.rest("GET", path)
    equal(server.document.faults("GET", "/" + path, reply), [], "faults")
    return reply.json


def set_calls(outlet):
    return [c for c in outlet.station.calls if c[2] == "SetChargingProfile"]


# --- bad input


@table([
    ("without a schedule that has periods", "NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "SO"}, "evseId": 1, "chargingSchedule": [{**SCHEDULE, "chargingSchedulePeriod": []}]}),
    ("without schedules in its list", "NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "SO"}, "evseId": 1, "chargingSchedule": []}),
    ("without a source", "NotifyChargingLimit", {"chargingLimit": {}, "evseId": 1}),
    ("in a unit that there is not", "NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "SO"}, "chargingSchedule": [{**SCHEDULE, "chargingRateUnit": "kW"}]}),
    ("a car's plan without periods", "NotifyEVChargingSchedule", {"timeBase": "2026-01-01T00:00:00Z", "evseId": 1, "chargingSchedule": {**SCHEDULE, "chargingSchedulePeriod": []}}),
    ("a car's needs without words", "NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": {}}),
    ("a report without profiles", "ReportChargingProfiles", {"requestId": 1, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": []}),
])
def what_no_schema_allows_changes_nothing(server, action, payload):
    """a message that is not as it should be"""
    outlet = server.outlets["OUT-1"]
    before = behaviour(server, "OUT-1")
    with contextlib.suppress(CallError):
        outlet.station.call(action, payload)
    equal((behaviour(server, "OUT-1")["profiles_at"], outlet.limit()), (before["profiles_at"], 32), "profiles told, and the session's limit")
    expect("currentTime" in outlet.station.call("Heartbeat"), "it is still served")
    for source in ("SO", "Other"):  # what says no source is somebody's all the same
        outlet.station.call("ClearedChargingLimit", {"chargingLimitSource": source})
    equal(behaviour(server, "OUT-1")["outside_limits"], [], "what is left of it")


@table([("2.0.1", "CAR-1", "Rejected"), ("2.1", "CAR-2", "NoChargingProfile")])
def needs_of_no_session_get_no_schedule(server, name, word):
    outlet = server.outlets[name]
    needs = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": {"energyAmount": 9000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}}
    for evse in (1, 9):
        equal(outlet.station.call("NotifyEVChargingNeeds", {"evseId": evse, "chargingNeeds": needs}), {"status": word}, f"EVSE {evse}")
    equal(outlet.station.call("NotifyEVChargingSchedule", {"timeBase": utc(), "evseId": 9, "chargingSchedule": SCHEDULE}), {"status": "Accepted"}, "a plan of nobody")
    equal(outlet.limit(), None, "a limit for a session")


@case
def a_limit_of_an_evse_that_there_is_not_binds_nobody(server):
    outlet = server.outlets["OUT-1"]
    equal(outlet.station.call("NotifyChargingLimit", {"evseId": 99, "chargingLimit": {"chargingLimitSource": "SO"}, "chargingSchedule": [SCHEDULE]}), {}, "answer")
    time.sleep(0.3)
    equal((live(server, "OUT-1")["outside_a"], outlet.limit()), (None, 32), "outlet 1")
    equal(outlet.station.call("ClearedChargingLimit", {"evseId": 99, "chargingLimitSource": "SO"}), {}, "cleared")
    equal(outlet.station.call("ClearedChargingLimit", {"chargingLimitSource": "CSO"}), {}, "cleared what was not set")


@case
def a_report_that_nobody_asked_for_is_not_believed(server):
    outlet = server.outlets["HELD-1"]
    before = behaviour(server, "HELD-1")
    foreign = {"id": 3, "stackLevel": 5, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute", "chargingSchedule": [{**SCHEDULE, "startSchedule": utc()}]}
    for request in (4711, 0, -1, 2**31 - 1):
        equal(outlet.station.call("ReportChargingProfiles", {"requestId": request, "chargingLimitSource": "CSO", "evseId": 1, "chargingProfile": [foreign]}), {}, f"request {request}")
    after = behaviour(server, "HELD-1")
    equal((after["profiles_at"], after["profiles"]), (before["profiles_at"], before["profiles"]), "what it holds")


# --- phases


@case
def a_car_of_one_phase_is_put_on_the_emptiest(server):
    outlet = server.outlets["SINGLE-1"]
    outlet.plug("CAR-SINGLE-1")
    eventually(lambda: outlet.limit() == 32, "a limit", seconds=10)
    expect("phaseToUse" not in outlet.period() and "numberPhases" not in outlet.period(), "a car that says nothing: none is said", outlet.period())
    equal(needs(outlet, "AC_single_phase", evMaxCurrent=20), {"status": "Accepted"}, "needs")
    eventually(lambda: outlet.period() == {"startPeriod": 0, "limit": 20, "numberPhases": 1, "phaseToUse": 2}, "phase 2, of 300, 320 and 310 A", seconds=10)
    equal((live(server, "SINGLE-1")["phases"], live(server, "SINGLE-1")["phase_to_use"]), ([1, 2, 3], 2), "booked on all until it is seen there")


# --- limits from outside


@table([
    ("of the grid, in A", "OUT-1", {"chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "startSchedule": "2026-01-01T00:00:00Z", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.5}]}]}, 10.5, 10),
    ("in W", "OUT-1", {"chargingSchedule": [{"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 5520}]}]}, 8, 8),
    ("with phases of their own (2.1): the lowest", "OUT-2", {"chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16, "limit_L2": 9, "limit_L3": 12}]}]}, 9, 9),
    ("below nothing: a car that is to give power gets none", "OUT-2", {"chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": -5}]}]}, 0, 0),
])
def a_limit_from_outside_holds_until_it_is_cleared(server, name, more, outside, given):
    outlet = server.outlets[name]
    equal(outlet.station.call("NotifyChargingLimit", {"evseId": 1, "chargingLimit": {"chargingLimitSource": "SO", "isGridCritical": True}, **more}), {}, "answer")
    eventually(lambda: outlet.limit() == given, f"{given} A", seconds=10)
    said = live(server, name)
    equal((said["outside_a"], said["outside_source"]), (outside, "SO"), "as the API says")
    told = behaviour(server, name)["outside_limits"]
    equal([(limit["source"], limit["critical"], limit["evse"], len(limit["periods"])) for limit in told], [("SO", True, 1, 1)], "the station's own page")
    expect(said["booked_a"] >= given, "booking counts on our own limits alone")
    equal(outlet.station.call("ClearedChargingLimit", {"evseId": 1, "chargingLimitSource": "SO"}), {}, "cleared")
    eventually(lambda: outlet.limit() == 32, "32 A again", seconds=10)
    equal((live(server, name)["outside_a"], behaviour(server, name)["outside_limits"]), (None, []), "gone")


@case
def a_limit_that_says_no_number_is_shown(server):
    outlet = server.outlets["OUT-2"]
    outlet.station.call("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}})
    eventually(lambda: [(limit["source"], limit["periods"]) for limit in behaviour(server, "OUT-2")["outside_limits"]] == [("EMS", [])], "it is known", seconds=5)
    equal(outlet.limit(), 32, "how much was not said")
    outlet.station.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"})
    eventually(lambda: behaviour(server, "OUT-2")["outside_limits"] == [], "gone", seconds=5)


# --- profiles past us, and what a station holds


def by_hand(server, identity, id, stack=9, purpose="TxProfile", **limits):
    outlet = server.outlets[identity]
    profile = {"id": id, "stackLevel": stack, "chargingProfilePurpose": purpose, "chargingProfileKind": "Relative",
               "chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, **limits}]}]}
    if purpose == "TxProfile":
        profile["transactionId"] = outlet.transaction
    return server.rest("POST", f"stations/{identity}/calls", {"action": "SetChargingProfile", "payload": {"evseId": 1, "chargingProfile": profile}})


@case
def what_a_person_sets_is_booked_at_its_highest_phase_and_found(server):
    outlet = server.outlets["HELD-1"]
    eventually(lambda: outlet.limit() == 8 and live(server, "HELD-1")["booked_a"] == 8, "booked at 8 A", seconds=15)
    outlet.refuse["SetChargingProfile"] = "Rejected"
    equal(by_hand(server, "HELD-1", 50, limit=10, limit_L2=20, limit_L3=6).json["result"], "rejected", "one that it refuses")
    time.sleep(0.2)
    equal(live(server, "HELD-1")["booked_a"], 8, "booked")
    outlet.refuse.clear()
    outlet.foreign = [{"id": 9, "stackLevel": 5, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
                       "chargingSchedule": [{"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10, "limit_L2": 13, "limit_L3": 6}]}]},
                      {"id": 7020005, "stackLevel": 1, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute", "transactionId": "old",
                       "chargingSchedule": [{**SCHEDULE, "startSchedule": "2026-01-01T00:00:00Z"}]}]
    reply = by_hand(server, "HELD-1", 51, limit=10, limit_L2=20, limit_L3=6)
    equal(reply.json["result"], "accepted", f"one that it takes ({reply.text[:200]})")
    equal(live(server, "HELD-1")["booked_a"], 20, "booked")
    eventually(lambda: {9, 51, 7020005} <= {p["id"] for p in behaviour(server, "HELD-1")["profiles"]}, "it is asked what it holds", seconds=5)
    found = {p["id"]: (p["what"], p["limit_a"]) for p in behaviour(server, "HELD-1")["profiles"]}
    equal({i: found.get(i) for i in (9, 51, 7020005, 7010001)},
          {9: ("foreign", 13), 51: ("foreign", 20), 7020005: ("left_over", 16), 7010001: ("ours", 6)}, "what it holds")
    eventually(lambda: [c[3] for c in outlet.station.calls if c[2] == "ClearChargingProfile"] == [{"chargingProfileId": 7020005}], "ours of nothing is cleared, and nothing else", seconds=5)
    expect(any("HELD-1" in json.dumps(item) and item["kind"] == "foreign_profile" for item in server.items("attention")), "the foreign ones are told under Attention")


@case
def somebody_elses_profile_is_booked_for_as_long_as_it_is_there(server):
    outlet = server.outlets["HELD-1"]
    eventually(lambda: (ours := outlet.profiles.get(7020001)) and ours["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 8
               and live(server, "HELD-1")["confirmed_a"] == 8, "ours is written anew", seconds=15)
    time.sleep(2)  # it has settled
    equal((outlet.limit(), live(server, "HELD-1")["booked_a"]), (10, 20), "the other one has the higher level: it wins, and is booked")
    equal(server.rest("POST", "stations/HELD-1/calls", {"action": "ClearChargingProfile", "payload": {"chargingProfileId": 51}}).json["result"], "accepted", "it is cleared")
    eventually(lambda: live(server, "HELD-1")["booked_a"] == 13, "the default of somebody is left, of 13 A", seconds=15)


# --- what cars need and plan


def needs(outlet, kind="AC_three_phase", **more):
    return outlet.station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": kind, "departureTime": utc(7200), "acChargingParameters": {
        "energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400, **more}}})


def plan(outlet, *periods, unit="W"):
    return outlet.station.call("NotifyEVChargingSchedule", {"timeBase": utc(), "evseId": 1, "chargingSchedule": {
        "id": 1, "duration": 7200, "chargingRateUnit": unit, "chargingSchedulePeriod": [{"startPeriod": s, "limit": limit} for s, limit in periods]}})["status"]


@table([("2.0.1", "CAR-1"), ("2.1", "CAR-2")])
def needs_are_answered_with_a_profile_and_that_with_a_plan(server, name):
    outlet = server.outlets[name]
    outlet.plug("CAR-" + name)
    eventually(lambda: outlet.limit() == 32, "a limit", seconds=10)
    began, before = time.monotonic(), len(set_calls(outlet))
    equal(needs(outlet), {"status": "Accepted"}, "needs")
    eventually(lambda: len(set_calls(outlet)) > before and outlet.limit() == 16, "its limits (K15.FR.07)", seconds=60)
    expect(time.monotonic() - began < 5 * SLOW, "within 60 s (FR.08): it took", time.monotonic() - began)
    profile = set_calls(outlet)[-1][3]["chargingProfile"]
    equal((profile["chargingProfilePurpose"], profile["transactionId"], len(profile["chargingSchedule"])), ("TxProfile", outlet.transaction, 1), "the profile")
    before = len(set_calls(outlet))
    equal(needs(outlet), {"status": "Accepted"}, "the same once more (K17)")
    eventually(lambda: len(set_calls(outlet)) > before, "the same limits once more", seconds=10)
    equal(outlet.limit(), 16, "limit")
    path = f"sessions/{outlet.session()}/power"
    equal(plan(outlet, (0, 11000), (3600, 4000), (6000, 0)), "Accepted", "a plan within them (FR.11)")
    reply = eventually(lambda: (r := server.rest("GET", path)).json["car_plan"] and r, "the plan", seconds=5)
    equal(server.document.faults("GET", "/" + path, reply), [], "faults")
    equal([p["limit_w"] for p in reply.json["car_plan"]["periods"]], [11000, 4000, 0], "the car's own plan")
    equal(reply.json["car_plan"]["refused"], False, "within its limit")
    expect(abs(parse_utc(reply.json["car_plan"]["periods"][1]["start_at"]) - time.time() - 3600) < 10, "its moments")
    expect(abs(parse_utc(reply.json["car_plan"]["ends_at"]) - time.time() - 7200) < 10, "its end")
    before = len(set_calls(outlet))
    equal(plan(outlet, (0, 4000), (600, 12000)), "Rejected", "a plan beyond them (FR.12)")
    eventually(lambda: len(set_calls(outlet)) == before + 1, "told once more (FR.13)", seconds=10)
    equal(plan(outlet, (0, 17), unit="A"), "Rejected", "and again")
    told = eventually(lambda: (p := server.get(f"sessions/{outlet.session()}/power")["car_plan"])["refused"] and p, "it is said that it was refused", seconds=5)
    equal([p["limit_a"] for p in told["periods"]], [17], "what it planned")
    expect(not eventually_set(outlet, before + 2, 1.0), "a car that goes on so is not answered without end")


@case
def needs_are_answered_also_where_the_limit_is_the_default(server):
    """K15.FR.07: the car waits for a profile, though nothing else would be in force without one."""
    outlet = server.outlets["WAIT-1"]
    eventually(lambda: live(server, "WAIT-1")["booked_a"] == 6, "its default has settled", seconds=45)
    server.post(f"sites/{server.site}/power/cap", {"node": "WAIT-1", "limit_a": 6, "duration_s": 600, "reason": "test"}, status=200)
    outlet.plug("CAR-WAIT-1")
    eventually(lambda: live(server, "WAIT-1")["target_a"] == 6, "6 A, as its default says", seconds=10)
    time.sleep(1)
    equal(outlet.limit(), None, "the default holds: nothing to say")
    equal(needs(outlet), {"status": "Accepted"}, "needs")
    eventually(lambda: outlet.limit() == 6, "its limit, in a profile", seconds=10)
    equal(server.rest("DELETE", f"sites/{server.site}/power/cap?node=WAIT-1").status, 204, "lifted")


def eventually_set(outlet, count, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and len(set_calls(outlet)) < count:
        time.sleep(0.05)
    return len(set_calls(outlet)) >= count


@case
def it_is_booked_on_one_phase_when_it_is_seen_on_that(server):
    outlet = server.outlets["SINGLE-1"]
    eventually(lambda: outlet.draw(19, 0, 0) or live(server, "SINGLE-1")["booked_a"] == 20, "its limit has settled", seconds=15)
    for _ in range(3):
        outlet.draw(19, 0, 0)
    equal(live(server, "SINGLE-1")["phases"], [1, 2, 3], "seen on another: it may still get there")
    eventually(lambda: outlet.draw(0, 19, 0) or live(server, "SINGLE-1")["phases"] == [2], "booked where it draws", seconds=5)
    expect("phase_to_use" in live(server, "SINGLE-1"), "and stays there")


@case
def a_composite_schedule_may_tell_phases_apart(server):
    outlet = server.outlets["CAR-2"]
    path = f"sessions/{outlet.session()}/power?composite=true"
    for limits, want in (({"limit": 10, "limit_L2": 16, "limit_L3": 8}, (16, [10, 16, 8])), ({"limit": 10, "limit_L2": 12}, (12, [10, 12, None])), ({"limit": 9, "numberPhases": 1, "phaseToUse": 3}, (9, None))):
        outlet.limits_apart = limits
        reply = server.rest("GET", path)
        equal(server.document.faults("GET", "/" + path.split("?")[0], reply), [], "faults")
        period = reply.json["composite"]["periods"][0]
        equal((period["limit_a"], period.get("limit_phases_a")), want, f"of {limits}")
        equal(period["limit_w"], 230 * sum(limits.get(k, max(v for k, v in limits.items() if k.startswith("limit"))) for k in ("limit", "limit_L2", "limit_L3")), "as power")
        equal(period.get("phase_to_use"), limits.get("phaseToUse"), "the phase")


# --- 1.6


@table([("a CALLERROR", "OLD-1", ("NotSupported", "no smart charging")), ("its status", "OLD-2", {"status": "NotSupported"})])
def a_station_of_16_that_supports_none_of_the_three(server, name, answer):
    station = server.station(name, V16, add=False)
    station.on.update({a: answer for a in ("SetChargingProfile", "GetCompositeSchedule")})
    station.on.update({"ClearChargingProfile": answer if isinstance(answer, tuple) else {"status": "Unknown"}, "GetConfiguration": {"configurationKey": []},
                       "TriggerMessage": {"status": "Accepted"}, "ChangeConfiguration": {"status": "Accepted"}})
    station.boot()
    eventually(lambda: behaviour(server, name)["trouble"] == "It takes no charging profiles: it is counted at its breaker.", "it is found out", seconds=15)
    said = live(server, name)
    equal((said["proven"], said["booked_a"]), (False, 32), "as the site counts it")
    expect(not [c for c in station.calls if c[2] in ("GetChargingProfiles", "UpdateDynamicSchedule", "UsePriorityCharging")], "nothing that 1.6 has not", [c[2] for c in station.calls])
    profile = {"connectorId": 1, "csChargingProfiles": {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
                                                        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}}}
    for action, payload in (("SetChargingProfile", profile), ("ClearChargingProfile", {"id": 1}), ("GetCompositeSchedule", {"connectorId": 1, "duration": 60})):
        reply = server.rest("POST", f"stations/{name}/calls", {"action": action, "payload": payload})
        if isinstance(answer, tuple):
            equal((reply.status, reply.json.get("error_code")), (502, "NotSupported"), action)
        elif action == "SetChargingProfile":
            equal((reply.status, reply.json["status"]), (200, "NotSupported"), action)
    for action in ("GetChargingProfiles", "UpdateDynamicSchedule", "UsePriorityCharging"):
        reply = server.rest("POST", f"stations/{name}/calls", {"action": action, "payload": {}})
        equal((reply.status, reply.json.get("field")), (422, "action"), action)


if __name__ == "__main__":
    run(make_server)
