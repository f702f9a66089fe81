#!/usr/bin/env python3
"""A station charges a car, in each version, and everything of it is read back by REST, also after a restart."""
from harness import *
from ocpp import *


@table([(v, v) for v in VERSIONS])
def a_station_charges_a_car(server, version):
    identity = "CP-" + version[4:].replace(".", "")
    token = "CAFE" + version[4:].replace(".", "")
    server.add_token(token)
    station = server.station(identity, version)
    equal(station.subprotocol, version, "subprotocol")
    boot = station.boot()
    expect(boot["interval"] > 0, "heartbeat interval", boot)
    expect(abs(time.time() - parse_utc(boot["currentTime"])) < 5, "currentTime", boot)
    expect("currentTime" in station.call("Heartbeat"), "Heartbeat answers currentTime")
    if version == V16:
        station.call("StatusNotification", status16(1, "Preparing"))
        equal(station.call("Authorize", {"idTag": token})["idTagInfo"]["status"], "Accepted", "Authorize")
    else:
        station.call("StatusNotification", status2x(1, 1, "Occupied"))
        equal(station.call("Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}})["idTokenInfo"]["status"], "Accepted", "Authorize")
    charge = Charge(station, token, meter=1000)
    equal(charge.token_status, "Accepted", "token status in the start's answer")

    open_one, = server.sessions(identity)
    equal(open_one["state"], "open", "state while charging")
    equal(open_one["station"], identity, "station")
    equal(open_one["evse"], 1, "evse")
    equal(open_one["ended_at"], None, "ended_at while open")

    power = sample16(7360, "Power.Active.Import", "W") if version == V16 else sample2x(7360, "Power.Active.Import", "W")
    charge.meter(2500.5, None, power)
    charge.meter(4000)
    equal(server.get(f"sessions/{open_one['id']}")["energy_wh"], 3000, "energy while charging")
    charge.stop(8200)

    ended = server.get(f"sessions/{open_one['id']}")
    equal(ended["state"], "ended", "state")
    equal(ended["energy_wh"], 7200, "energy_wh")
    equal(ended["token"], token, "token")
    equal(ended["connector"], 1, "connector")
    equal(str(ended["transaction_id"]), str(charge.transaction), "transaction_id")
    equal(ended["flags"], [], "flags")
    expect(parse_utc(ended["started_at"]) <= parse_utc(ended["ended_at"]), "times", ended)

    values = server.items(f"sessions/{open_one['id']}/meter_values")
    seen = [(s["measurand"], s["value"], s["unit"]) for item in values for s in item["samples"]]
    expect(("Energy.Active.Import.Register", 2500.5, "Wh") in seen, "2500.5 Wh among the meter values:", seen)
    expect(("Power.Active.Import", 7360, "W") in seen, "7360 W among the meter values:", seen)
    times = [item["timestamp"] for item in values]
    equal(times, sorted(times), "meter values are oldest first")

    shown = server.get(f"stations/{identity}")
    equal((shown["id"], shown["connected"], shown["vendor"], shown["serial"], shown["firmware"]),
          (identity, True, "Acme", "S-" + identity, "1.2.3"), "station")
    equal(shown["evses"][0]["connectors"][0]["status"], "preparing" if version == V16 else "occupied", "connector status")

    log = server.items(f"stations/{identity}/messages?limit=1000")
    actions = {m.get("action") for m in log}
    expect({"BootNotification", "StartTransaction" if version == V16 else "TransactionEvent"} <= actions, "actions in the log:", actions)


@case
def an_ended_session_reads_the_same_after_a_restart():
    with Server(keep=True) as server:
        data = server.data
        server.add_token("KEEP")
        for version in VERSIONS:
            identity = "K" + version[4:].replace(".", "")
            charge = Charge(server.station(identity, version, boot=True), "KEEP", meter=10)
            charge.meter(500)
            charge.stop(1000.123 if version != V16 else 1000)
        before = sorted(server.items("sessions"), key=lambda s: s["id"])
        key = server.key
    again = Server(data=data, start=False)
    again.key = key
    with again.start():
        after = sorted(again.items("sessions"), key=lambda s: s["id"])
        equal(after, before, "sessions")
        equal(sorted(s["energy_wh"] for s in after), [990, 990.123, 990.123], "energy")
        for session in after:
            expect(again.items(f"sessions/{session['id']}/meter_values"), "meter values of", session["id"])
        equal(again.get("stations/K16")["connected"], False, "a station that has not come back")
    shutil.rmtree(data, ignore_errors=True)


@case
def an_open_session_goes_on_after_a_restart_without_a_boot():
    with Server(keep=True) as server:
        data, key = server.data, server.key
        server.add_token("T1")
        station = server.station("CP1", V16, boot=True)
        charge = Charge(station, "T1", meter=0)
        charge.meter(100)
    again = Server(data=data, start=False)
    again.key = key
    with again.start():
        station = again.station("CP1", V16, add=False)
        charge.station = station
        charge.meter(700)
        charge.stop(1500)
        session, = again.sessions("CP1")
        equal((session["state"], session["energy_wh"]), ("ended", 1500), "session")
    shutil.rmtree(data, ignore_errors=True)


@case
def two_stations_may_use_the_same_transaction_id(server):
    server.add_token("SAME")
    charges = [Charge(server.station(f"TWIN-{n}", V201, boot=True), "SAME", meter=0, transaction="tx-1") for n in (1, 2)]
    charges[0].stop(100)
    charges[1].stop(900)
    equal([server.sessions(f"TWIN-{n}")[0]["energy_wh"] for n in (1, 2)], [100, 900], "energies")


@case
def transaction_ids_of_1_6_are_not_predictable(server):
    server.add_token("RND")
    station = server.station("RND-1", V16, boot=True)
    ids = []
    for n in range(12):
        charge = Charge(station, "RND", meter=n * 10)
        charge.stop(n * 10 + 5)
        ids.append(charge.transaction)
    equal(len(set(ids)), 12, "distinct ids")
    expect(all(0 < i < 2**31 for i in ids), "ids are positive int32:", ids)
    steps = {b - a for a, b in zip(ids, ids[1:])}
    expect(len(steps) > 3, "ids follow a pattern:", ids)


@case
def a_1_6_registration_holds_over_a_reconnect(server):
    station = server.station("RECO", V16, boot=True)
    station.close()
    station = server.station("RECO", V16, add=False)
    server.add_token("R1")
    equal(Charge(station, "R1").token_status, "Accepted", "start without a new boot")


@case
def the_open_session_of_a_deleted_station_ends_and_keeps_its_energy(server):
    server.add_token("LEAVES")
    station = server.station("LEAVES-1", boot=True)
    charge = Charge(station, "LEAVES", meter=1000)
    charge.meter(2500)
    last = utc(base=station.clock - Charge.STEP_S)
    session = server.sessions("LEAVES-1")[0]
    equal((session["state"], session["energy_wh"]), ("open", 1500), "before")
    equal(server.rest("DELETE", "stations/LEAVES-1").status, 204, "DELETE")
    over = server.get(f"sessions/{session['id']}")
    equal((over["state"], over["energy_wh"], over["close_reason"], over["station"], over["power_w"]), ("ended", 1500, "The station was deleted.", "LEAVES-1", 0), "afterwards")
    expect(over["closed_by"] and abs(parse_utc(over["ended_at"]) - parse_utc(last)) < 2, f"closed by {over['closed_by']}, ended at {over['ended_at']} and not {last}")
    station.wait_closed()
    equal([s["id"] for s in server.items("sessions?state=open") if s["id"] == session["id"]], [], "open sessions")
    values = server.items(f"sessions/{session['id']}/meter_values")
    equal([v["samples"][0]["value"] for v in values if v["samples"]][-1:], [2500], "its meter values")
    expect("1500" in next(line for line in server.rest("GET", "sessions.csv?token=LEAVES").text.splitlines() if "LEAVES-1" in line), "the export")
    equal([e["close_reason"] for e in server.items("sessions?token=LEAVES")], ["The station was deleted."], "by its token")
    server.add_station("LEAVES-1")
    again = server.station("LEAVES-1", add=False, boot=True)
    again.clock = station.clock
    again.call("MeterValues", meter16(charge.transaction, sample16(9000), at=utc(base=station.clock)))
    equal((server.get(f"sessions/{session['id']}")["energy_wh"], server.get(f"sessions/{session['id']}")["state"]), (1500, "ended"), "after a new station took its name")


@case
def a_session_that_a_person_closed_keeps_its_meter_values(server):
    server.add_token("CLOSED")
    charge = Charge(server.station("CLOSED-1", boot=True), "CLOSED", meter=0)
    charge.meter(700)
    session = server.sessions("CLOSED-1")[0]["id"]
    server.post(f"sessions/{session}/close", {"reason": "cable cut"}, status=200)
    values = [v["samples"][0]["value"] for v in server.items(f"sessions/{session}/meter_values") if v["samples"]]
    equal(values[-1:], [700], "meter values")


if __name__ == "__main__":
    run()
