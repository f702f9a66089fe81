#!/usr/bin/env python3
"""Billed once: retries with the same or a new id, replays after days, two stations of one make, restarts in the middle
(rules.md: repeats, order, offline)."""
from harness import *
from ocpp import *

_serial = iter(range(1, 100000))


def fresh(server, version):
    if server.rest("GET", "tokens/GOOD").status == 404:
        server.add_token("GOOD")
        server.add_token("GROUP-A", group_id="FAMILY")
        server.add_token("GROUP-B", group_id="FAMILY")
        server.add_token("BLOCKED", status="blocked")
        server.add_token("EXPIRED", expires_at="2020-01-01T00:00:00Z")
        server.add_token("INVALID", status="invalid")
    identity = f"REP-{next(_serial)}"
    return identity, server.station(identity, version, boot=True)


@table([("the same message id", True), ("a new message id", False)])
def a_repeated_1_6_start_gets_the_same_answer(server, same):
    identity, station = fresh(server, V16)
    payload = start16("GOOD", 1, 100)
    first = station.call("StartTransaction", payload, "start-1")
    for n in range(3):
        id = "start-1" if same else f"start-{n + 2}"
        station.send_call("StartTransaction", payload, id)
        again = station.answer_to(id, count=n + 2 if same else 1)
        equal(again, first, "answer to the repeat")
    equal(len(server.sessions(identity)), 1, "sessions")


@case
def a_repeated_start_is_not_concurrent_with_itself(server):
    """MicroOcpp#237: the repeat must not be answered ConcurrentTx, or the station stops the session."""
    identity, station = fresh(server, V16)
    server.add_token("ONCE")
    payload = start16("ONCE", 1, 100)
    first = station.call("StartTransaction", payload)
    again = station.call("StartTransaction", payload)
    equal((again["transactionId"], again["idTagInfo"]["status"]), (first["transactionId"], "Accepted"), "repeat")


@case
def a_like_start_after_the_id_was_used_is_a_new_session(server):
    identity, station = fresh(server, V16)
    payload = start16("GOOD", 1, 0)
    first = station.call("StartTransaction", payload)["transactionId"]
    station.call("StopTransaction", stop16(first, 0))
    second = station.call("StartTransaction", payload)["transactionId"]
    expect(second != first, "the same transaction id for a new session:", first)
    equal(len(server.sessions(identity)), 2, "sessions")


@case
def the_same_start_over_a_reconnect_is_one_session(server):
    identity, station = fresh(server, V16)
    payload = start16("GOOD", 1, 100)
    first = station.call("StartTransaction", payload)
    station.drop()
    station = server.station(identity, V16, add=False)
    equal(station.call("StartTransaction", payload), first, "answer after the reconnect")
    equal(len(server.sessions(identity)), 1, "sessions")


@case
def the_same_start_over_a_restart_is_one_session():
    with Server(keep=True) as server:
        data, key = server.data, server.key
        identity, station = fresh(server, V16)
        payload = start16("GOOD", 1, 100)
        first = station.call("StartTransaction", payload)
        server.kill()
        again = Server(data=data, start=False)
        again.key = key
        with again.start():
            station = again.station(identity, V16, add=False)
            equal(station.call("StartTransaction", payload), first, "answer after the restart")
            station.call("StopTransaction", stop16(first["transactionId"], 1100))
            session, = again.sessions(identity)
            equal(session["energy_wh"], 1000, "energy")
        server.process = again.process
    shutil.rmtree(data, ignore_errors=True)


@case
def a_repeated_1_6_stop_is_counted_once(server):
    identity, station = fresh(server, V16)
    charge = Charge(station, "GOOD", meter=0)
    data = [{"timestamp": charge.tick(), "sampledValue": [sample16(300), sample16(7000, "Power.Active.Import", "W")]}]
    payload = stop16(charge.transaction, 700, at=charge.tick(), idTag="GOOD", transactionData=data)
    answers = [station.call("StopTransaction", payload) for _ in range(4)]
    equal(answers, [answers[0]] * 4, "answers")
    session, = server.sessions(identity)
    equal((session["energy_wh"], session["flags"]), (700, []), "session")
    values = server.items(f"sessions/{session['id']}/meter_values?limit=1000")
    equal(sum(s["value"] == 300 for v in values for s in v["samples"]), 1, "how often the value 300 is there")


@case
def repeated_1_6_meter_values_are_counted_once(server):
    identity, station = fresh(server, V16)
    charge = Charge(station, "GOOD", meter=0)
    payload = meter16(charge.transaction, sample16(300), at=charge.tick())
    for _ in range(4):
        station.call("MeterValues", payload)
    charge.stop(700)
    session, = server.sessions(identity)
    values = server.items(f"sessions/{session['id']}/meter_values?limit=1000")
    equal(sum(s["value"] == 300 for v in values for s in v["samples"]), 1, "how often the value 300 is there")


@table([(v, v) for v in (V201, V21)])
def repeated_transaction_events_are_counted_once(server, version):
    identity, station = fresh(server, version)
    events = [event2x("Started", "tx", 0, token="GOOD", meter=0, at=utc(-3600)), event2x("Updated", "tx", 1, meter=300, at=utc(-3000)),
              event2x("Ended", "tx", 2, meter=700, at=utc(-2400))]
    firsts = [station.call("TransactionEvent", e) for e in events]
    again = [station.call("TransactionEvent", e) for e in events]
    reverse = [station.call("TransactionEvent", e) for e in reversed(events)]
    equal(again, firsts, "answers to the repeats")
    equal(list(reversed(reverse)), firsts, "answers to the repeats in reverse")
    session, = server.sessions(identity)
    equal((session["state"], session["energy_wh"], session["flags"]), ("ended", 700, []), "session")
    values = server.items(f"sessions/{session['id']}/meter_values?limit=1000")
    equal(sum(s["value"] == 300 for v in values for s in v["samples"]), 1, "how often the value 300 is there")


@case
def the_same_key_with_other_content_is_kept_and_flagged(server):
    identity, station = fresh(server, V201)
    at = utc()
    station.call("TransactionEvent", event2x("Started", "tx", 0, token="GOOD", meter=0, at=at))
    later = utc(1)
    station.call("TransactionEvent", event2x("Updated", "tx", 1, meter=300, at=later))
    station.call("TransactionEvent", event2x("Updated", "tx", 1, meter=400, at=later))
    session, = server.sessions(identity)
    expect("duplicate" in session["flags"], "flags", session["flags"])


@case
def a_started_for_an_ended_transaction_at_another_time_is_a_new_session(server):
    identity, station = fresh(server, V201)
    for begun, meter in ((-7200, 0), (-3600, 5000)):
        station.call("TransactionEvent", event2x("Started", "tx-1", 0, token="GOOD", meter=meter, at=utc(begun)))
        station.call("TransactionEvent", event2x("Ended", "tx-1", 1, meter=meter + 1000, at=utc(begun + 600)))
    equal(sorted(s["energy_wh"] for s in server.sessions(identity)), [1000, 1000], "energies")


@case
def a_start_on_a_busy_connector_ends_the_older_session(server):
    identity, station = fresh(server, V16)
    old = Charge(station, "GOOD", meter=0, at=utc(-600))
    old.meter(500, utc(-300))
    new = Charge(station, "GOOD", meter=500, at=utc(-60))
    by_id = {str(s["transaction_id"]): s for s in server.sessions(identity)}
    first, second = by_id[str(old.transaction)], by_id[str(new.transaction)]
    equal((first["state"], first["energy_wh"]), ("ended", 500), "the older session")
    expect("superseded" in first["flags"], "flags", first["flags"])
    equal(second["state"], "open", "the newer session")


@case
def available_on_its_connector_loses_an_open_session_and_a_late_stop_ends_it(server):
    identity, station = fresh(server, V16)
    station.call("StatusNotification", status16(1, "Charging"))
    charge = Charge(station, "GOOD", meter=0)
    charge.meter(400)
    station.call("StatusNotification", status16(1, "Available"))
    session, = server.sessions(identity)
    equal((session["state"], session["energy_wh"]), ("lost", 400), "session")
    charge.stop(900)
    session, = server.sessions(identity)
    equal((session["state"], session["energy_wh"]), ("ended", 900), "session after the late stop")


@table([
    ("an unknown token", "STRANGER", "Invalid", "Unknown"), ("a blocked token", "BLOCKED", "Blocked", "Blocked"),
    ("an expired token", "EXPIRED", "Expired", "Expired"), ("an invalid token", "INVALID", "Invalid", "Invalid"),
])
def a_start_that_is_not_accepted_is_a_session_like_any_other(server, token, status16_, status2x_):
    for version, status in ((V16, status16_), (V201, status2x_)):
        identity, station = fresh(server, version)
        charge = Charge(station, token, meter=0)
        equal(charge.token_status, status, f"status in {version}")
        charge.stop(300)
        session, = server.sessions(identity)
        equal((session["state"], session["energy_wh"], session["token"]), ("ended", 300, token), f"session in {version}")
        expect("token_refused" in session["flags"], "flags", session["flags"])


@case
def a_token_compares_without_case(server):
    identity, station = fresh(server, V16)
    equal(station.call("Authorize", {"idTag": "gOOd"})["idTagInfo"]["status"], "Accepted", "status")


@case
def a_group_is_told(server):
    identity, station = fresh(server, V16)
    equal(station.call("Authorize", {"idTag": "GROUP-A"})["idTagInfo"].get("parentIdTag"), "FAMILY", "parentIdTag")
    identity, station = fresh(server, V201)
    equal(station.call("Authorize", {"idToken": {"idToken": "GROUP-B", "type": "ISO14443"}})["idTokenInfo"].get("groupIdToken", {}).get("idToken"), "FAMILY", "groupIdToken")


@case
def a_token_of_another_type_is_not_it(server):
    identity, station = fresh(server, V201)
    server.add_token("TYPED", type="ISO14443")
    answers = [station.call("Authorize", {"idToken": {"idToken": "TYPED", "type": kind}})["idTokenInfo"]["status"] for kind in ("ISO14443", "eMAID")]
    equal(answers[0], "Accepted", "status with its type")
    expect(answers[1] != "Accepted", "status with another type", answers[1])


@case
def a_thousand_offline_messages_come_out_right(server):
    identity, station = fresh(server, V201)
    begun = time.time() - 80 * 86400
    for n in range(100):
        at = begun + n * 3600
        station.call("TransactionEvent", event2x("Started", f"off-{n}", 0, token="GOOD", meter=n * 1000, at=utc(base=at), offline=True))
        for seq in range(1, 9):
            station.call("TransactionEvent", event2x("Updated", f"off-{n}", seq, meter=n * 1000 + seq * 100, at=utc(seq * 60, base=at), offline=True))
        station.call("TransactionEvent", event2x("Ended", f"off-{n}", 9, meter=n * 1000 + 900, at=utc(600, base=at), offline=True))
    sessions = server.items(f"sessions?station={identity}&limit=1000")
    equal((len(sessions), {s["energy_wh"] for s in sessions}, {s["state"] for s in sessions}), (100, {900}, {"ended"}), "sessions")


@case
def a_rated_token_may_run_two_sessions_at_once_by_default(server):
    identity, station = fresh(server, V16)
    first = Charge(station, "GOOD", connector=1)
    second = Charge(station, "GOOD", connector=2)
    equal((first.token_status, second.token_status), ("Accepted", "Accepted"), "statuses")
    equal({s["state"] for s in server.sessions(identity)}, {"open"}, "states")


if __name__ == "__main__":
    run()
