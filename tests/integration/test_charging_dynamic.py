#!/usr/bin/env python3
"""Dynamic profiles and priority charging of OCPP 2.1 (K21, K22, K28), seen by stations that are not ours."""
from harness import *
from ocpp import *
from outlet import *

LEASE_S = 600
NAMES = {"DYN-1": V21, "DYN-2": V21, "LEASE-1": V21, "PHASES-1": V21}
DOCUMENT = {"mode": "equal", "rules": {"hold_s": 0, "switch_s": 0, "reclaim_s": 3600, "lease_s": LEASE_S},
            "nodes": [{"id": "grid", "kind": "grid", "limit_a": 200},
                      *({"id": s, "parent": "grid", "kind": "station", "station": s, "limit_a": 32, "fail_safe_a": 6} for s in NAMES if s != "PHASES-1"),
                      {"id": "wing", "parent": "grid", "kind": "circuit", "limit_phases_a": [20, 40, 26]},
                      {"id": "PHASES-1", "parent": "wing", "kind": "station", "station": "PHASES-1", "limit_a": 32, "fail_safe_a": 6}]}
TX, PRIORITY = 7020001, 7030001


def make_server():
    server = shared_site(NAMES, DOCUMENT, {"DYN-1": DYNAMIC, "DYN-2": DYNAMIC, "LEASE-1": PROVEN, "PHASES-1": DYNAMIC})
    server.outlets = {name: Outlet(server, name, protocol) for name, protocol in NAMES.items()}
    server.held, server.stations = server.stations, []  # they stay for all cases
    for outlet in server.outlets.values():
        eventually(lambda o=outlet: o.limit("TxDefaultProfile") == 6 and o.limit("ChargingStationMaxProfile"), "the layers below", seconds=10)
    return server


def pull(outlet, id):
    return outlet.station.call("PullDynamicScheduleUpdate", {"chargingProfileId": id})


@table([
    ("of no session", TX), ("the default's", 7010001), ("of an EVSE that there is not", 7020009), ("zero", 0), ("below zero", -7020001), ("the largest number", 2**31 - 1)])
def a_profile_that_is_not_dynamic_has_no_update(server, id):
    equal(pull(server.outlets["DYN-1"], id), {"status": "Rejected"}, "answer")


@table([
    ("a transaction that nobody knows", "nobody", True), ("of another station", None, True), ("no longer", "nobody", False), ("an empty id", "", True)])
def priority_of_no_session_changes_nothing(server, transaction, on):
    outlet = server.outlets["DYN-1"]
    equal(outlet.station.call("NotifyPriorityCharging", {"transactionId": server.outlets["DYN-2"].transaction or "other" if transaction is None else transaction, "activated": on}), {}, "answer")
    equal((live(server, "DYN-1")["session"], live(server, "DYN-1")["class"]), (None, "best_effort"), "its EVSE")


@case
def an_id_that_is_too_long_is_an_error_and_no_end(server):
    outlet = server.outlets["DYN-1"]
    try:
        outlet.station.call("NotifyPriorityCharging", {"transactionId": "x" * 37, "activated": True})
    except CallError as error:
        equal(error.code, "PropertyConstraintViolation", "code")
    expect("currentTime" in outlet.station.call("Heartbeat"), "it is still served")


@case
def a_session_gets_one_dynamic_profile(server):
    outlet = server.outlets["DYN-1"]
    outlet.plug("CAR-DYN-1")
    eventually(lambda: outlet.limit() == 32, "a limit for the session", seconds=10)
    profile = outlet.profiles[TX]
    equal({k: profile.get(k) for k in ("chargingProfileKind", "transactionId", "maxOfflineDuration", "invalidAfterOfflineDuration")},
          {"chargingProfileKind": "Dynamic", "transactionId": outlet.transaction, "maxOfflineDuration": LEASE_S // 3, "invalidAfterOfflineDuration": True}, "the profile")
    expect(profile["dynUpdateInterval"] > 0 and len(profile["chargingSchedule"]) == 1, "dynUpdateInterval, one schedule", profile)
    schedule = profile["chargingSchedule"][0]
    expect("startSchedule" not in schedule and "duration" not in schedule and len(schedule["chargingSchedulePeriod"]) == 1, "a schedule without start and end (K28.FR.01)", schedule)
    equal(pull(outlet, TX), {"status": "Accepted", "scheduleUpdate": {"limit": 32}}, "what it is told when it asks")
    eventually(lambda: outlet.limit("PriorityCharging") == 6, "a profile for priority, which the fail-safe covers", seconds=5)
    equal(outlet.updates, [], "updates")


def cap(server, amps):
    server.post(f"sites/{server.site}/power/cap", {"node": "DYN-1", "limit_a": amps, "duration_s": 600, "reason": "test"}, status=200)


@case
def a_change_is_an_update_alone(server):
    outlet, sets = server.outlets["DYN-1"], len([c for c in server.outlets["DYN-1"].station.calls if c[2] == "SetChargingProfile"])
    cap(server, 16)
    eventually(lambda: outlet.updates, "an update", seconds=5)
    equal(outlet.updates, [({"chargingProfileId": TX, "scheduleUpdate": {"limit": 16}}, "Accepted")], "updates")
    eventually(lambda: live(server, "DYN-1")["confirmed_a"] == 16, "confirmed", seconds=5)
    equal(pull(outlet, TX)["scheduleUpdate"], {"limit": 16}, "when it asks")
    equal(len([c for c in outlet.station.calls if c[2] == "SetChargingProfile"]), sets, "profiles that were set")


@case
def an_update_that_is_refused_is_made_good_by_a_profile(server):
    outlet = server.outlets["DYN-1"]
    outlet.refuse["UpdateDynamicSchedule"] = "Rejected"
    cap(server, 12)
    eventually(lambda: outlet.updates[-1][1] == "Rejected" and outlet.limit() == 12, "set anew with 12 A", seconds=10)
    outlet.refuse.clear()
    equal(outlet.profiles[TX]["chargingProfileKind"], "Dynamic", "kind")


@case
def a_station_that_was_away_is_told_anew(server):
    outlet = server.outlets["DYN-1"]
    held = outlet.profiles
    outlet.station.drop()
    eventually(lambda: not server.get("stations/DYN-1")["connected"], "gone", seconds=10)
    expect(live(server, "DYN-1")["booked_a"] >= 12, "booked while it is away", live(server, "DYN-1")["booked_a"])
    again = Outlet(server, "DYN-1", V21)
    again.transaction, again.seq = outlet.transaction, outlet.seq
    server.outlets["DYN-1"] = again
    server.stations.remove(again.station)
    server.held.append(again.station)
    eventually(lambda: again.limit() == 12, "set anew", seconds=10)
    equal((again.profiles[TX]["chargingProfileKind"], again.updates), ("Dynamic", []), "a profile, no update of one that may be gone")
    expect(TX in held, "it had one before")


@case
def a_driver_asks_for_priority_at_the_station(server):
    outlet = server.outlets["DYN-2"]
    outlet.plug("CAR-DYN-2")
    eventually(lambda: outlet.limit() == 32 and outlet.limit("PriorityCharging") == 6, "both profiles", seconds=10)
    time.sleep(0.3)  # its answer is on its way
    equal(outlet.station.call("NotifyPriorityCharging", {"transactionId": outlet.transaction, "activated": True}), {}, "answer")
    eventually(lambda: live(server, "DYN-2")["class"] == "priority", "its class", seconds=5)
    eventually(lambda: outlet.limit("PriorityCharging") == 32, "its limit, in the profile that is in force now", seconds=10)
    equal((outlet.profiles[PRIORITY]["chargingProfileKind"], "transactionId" in outlet.profiles[PRIORITY]), ("Dynamic", False), "a profile for priority")
    equal(pull(outlet, TX)["status"], "Rejected", "the other one is not in force")
    equal(pull(outlet, PRIORITY), {"status": "Accepted", "scheduleUpdate": {"limit": 32}}, "this one is")
    outlet.station.call("NotifyPriorityCharging", {"transactionId": outlet.transaction, "activated": True})
    equal(live(server, "DYN-2")["class"], "priority", "told twice")


@case
def and_no_longer(server):
    outlet = server.outlets["DYN-2"]
    sets = len([c for c in outlet.station.calls if c[2] == "SetChargingProfile"])
    outlet.station.call("NotifyPriorityCharging", {"transactionId": outlet.transaction, "activated": False})
    eventually(lambda: live(server, "DYN-2")["class"] == "best_effort", "its class", seconds=5)
    eventually(lambda: len([c for c in outlet.station.calls if c[2] == "SetChargingProfile"]) >= sets + 2 and outlet.limit("PriorityCharging") == 6,
               "its own profile anew, and the one for priority as before", seconds=10)
    equal([c[3]["activate"] for c in outlet.station.calls if c[2] == "UsePriorityCharging"], [], "nobody switched it")


@case
def a_person_gives_priority_and_takes_it(server):
    outlet = server.outlets["DYN-2"]
    path = f"sessions/{outlet.session()}"
    time.sleep(0.5)
    for word, on in (("priority", True), ("best_effort", False)):
        equal(server.rest("PATCH", path, {"class": word}).status, 200, word)
        eventually(lambda: [c[3] for c in outlet.station.calls if c[2] == "UsePriorityCharging"][-1:] == [{"transactionId": outlet.transaction, "activate": on}],
                   f"UsePriorityCharging {on}", seconds=5)
        eventually(lambda: outlet.limit("PriorityCharging") == (32 if on else 6), "the profile for priority", seconds=10)
        equal(live(server, "DYN-2")["class"], word, "class")


@case
def a_station_that_cannot_keeps_its_session_in_its_class(server):
    outlet = server.outlets["DYN-2"]
    outlet.refuse["UsePriorityCharging"] = "NoProfile"
    before = len([c for c in outlet.station.calls if c[2] == "UsePriorityCharging"])
    time.sleep(0.5)
    equal(server.rest("PATCH", f"sessions/{outlet.session()}", {"class": "priority"}).status, 200, "status")
    eventually(lambda: len([c for c in outlet.station.calls if c[2] == "UsePriorityCharging"]) > before, "it is asked", seconds=5)
    time.sleep(0.5)
    equal((live(server, "DYN-2")["class"], outlet.limit("PriorityCharging"), outlet.limit()), ("priority", 6, 32), "class and limits")


@case
def who_has_not_shown_it_gets_a_lease(server):
    outlet = server.outlets["LEASE-1"]
    outlet.plug("CAR-LEASE-1")
    eventually(lambda: outlet.limit() == 32, "a limit for the session", seconds=10)
    profile = outlet.profiles[TX]
    schedule = profile["chargingSchedule"][0]
    ends = parse_utc(schedule["startSchedule"]) + schedule["duration"]
    equal((profile["chargingProfileKind"], "maxOfflineDuration" in profile), ("Absolute", False), "kind")
    expect(LEASE_S - 10 < ends - time.time() <= LEASE_S + 1, f"it ends in {ends - time.time():.0f} s")
    said = eventually(lambda: (e := live(server, "LEASE-1"))["lease_ends_at"] and e, "its answer has arrived", seconds=5)
    expect(abs(parse_utc(said["lease_ends_at"]) - ends) < 2, f"as the API says: {said['lease_ends_at']}")
    outlet.station.drop()
    eventually(lambda: not live(server, "LEASE-1")["connected"], "gone", seconds=10)
    equal(live(server, "LEASE-1")["booked_a"], 32, "booked until its lease is over")


def node(server, name):
    return next(n for n in server.get(f"sites/{server.site}/power/live")["nodes"] if n["id"] == name)


@case
def phases_that_are_not_full_have_more_where_the_car_said_the_most_of_each(server):
    """2.1 K01.FR.142, FR.145; in updates of its dynamic profile, and when it pulls"""
    outlet = server.outlets["PHASES-1"]
    outlet.plug("CAR-PHASES-1")
    eventually(lambda: outlet.limit() == 20 and live(server, "PHASES-1")["booked_a"] == 20, "20 A, as its fullest phase has", seconds=45)
    expect("limit_L2" not in outlet.period(), "none of single phases while its car has said nothing", outlet.period())
    for odd in ({"maxChargePower": 7360, "maxChargePower_L2": 0, "maxChargePower_L3": 7360}, {"maxChargePower": 7360, "maxChargePower_L2": -7360, "maxChargePower_L3": 7360},
                {"maxChargePower_L2": 7360, "maxChargePower_L3": 7360}, {"maxChargePower": 22080, "maxChargePower_L3": 7360}, {}):
        with contextlib.suppress(CallError):
            outlet.station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase", "v2xChargingParameters": odd}})
        time.sleep(0.5)
        expect("limit_L2" not in outlet.period(), f"none after {odd}", outlet.period())
    needs = {"requestedEnergyTransfer": "AC_three_phase", "v2xChargingParameters": {"maxChargePower": 7360, "maxChargePower_L2": 1e12, "maxChargePower_L3": 7360}}
    equal(outlet.station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs}), {"status": "Accepted"}, "needs")
    eventually(lambda: outlet.period().get("limit_L2") == 32, "more on L2, up to what its outlet takes", seconds=10)
    update = {"limit": 20, "limit_L2": 32, "limit_L3": 26}
    equal(outlet.limit("ChargingStationMaxProfile"), 32, "its maximum, which knows no phases, is in nobody's way (K01.FR.143)")
    equal((outlet.profiles[TX]["chargingProfileKind"], {k: v for k, v in outlet.period().items() if k != "startPeriod"}), ("Dynamic", update), "the profile that answers its needs")
    equal(pull(outlet, TX), {"status": "Accepted", "scheduleUpdate": update}, "what it is told when it asks")
    said = eventually(lambda: (e := live(server, "PHASES-1")).get("limit_phases_a") and e, "it is shown", seconds=5)
    equal((said["limit_phases_a"], said["confirmed_a"], said["limit_w"]), ([20, 32, 26], 20, 230 * 78), "phase by phase, and as power")
    equal(node(server, "wing")["reserved_a"], [20, 32, 26], "booked line by line")
    power = server.get(f"sessions/{outlet.session()}/power")
    equal((power["limit_phases_a"], power["limits"][-1]["limit_w"]), ([20, 32, 26], 230 * 78), "at its session")


@case
def what_a_phase_has_beyond_goes_when_its_limit_drops(server):
    outlet = server.outlets["PHASES-1"]
    server.post(f"sites/{server.site}/power/cap", {"node": "wing", "limit_a": 22, "duration_s": 600, "reason": "test"}, status=200)
    eventually(lambda: outlet.period()["limit_L2"] == 22, "22 A", seconds=5)
    equal(outlet.updates[-1], ({"chargingProfileId": TX, "scheduleUpdate": {"limit": 20, "limit_L2": 22, "limit_L3": 22}}, "Accepted"), "an update alone")
    eventually(lambda: node(server, "wing")["reserved_a"] == [20, 22, 22], "and so is what is booked, when that has settled", seconds=15)
    outlet.draw(20, 22, 22)
    outlet.draw(20, 22, 22)
    equal(live(server, "PHASES-1")["disobeys"], False, "it obeys")
    outlet.draw(20, 30, 22)
    outlet.draw(20, 30, 22)
    eventually(lambda: live(server, "PHASES-1")["disobeys"], "more on one phase than it was told is seen", seconds=5)


if __name__ == "__main__":
    run(make_server)
