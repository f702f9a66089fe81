#!/usr/bin/env python3
"""Bad input in payloads: facts are kept, flagged and answered, whatever they hold (B30-B39)."""
from bad_input import *


_serial = iter(range(1, 100000))


def fresh(server, version):
    identity = f"PAY-{next(_serial)}"
    return identity, connect(server, identity, version)


def sane(server, identity, count=None):
    """The pages of this station still render, and no session of it is absurd."""
    sessions = server.sessions(identity)
    if count is not None:
        equal(len(sessions), count, "sessions")
    for session in sessions:
        expect(session["energy_wh"] >= 0, "energy", session)
        for name in ("started_at", "ended_at"):
            if session[name] is not None:
                parse_utc(session[name])
        server.get(f"sessions/{session['id']}")
        server.get(f"sessions/{session['id']}/meter_values")
    server.get(f"stations/{identity}")
    server.get(f"stations/{identity}/messages?limit=1000")
    server.get("sessions")
    server.get("review")
    undisturbed(server)
    return sessions


TIMES = [
    ("222222017-10-27T19:10:11Z", "flag"), ("1000000", "flag"), ("0000-01-01T00:00:00Z", "flag"), ("0001-01-01T00:00:00Z", "flag"), ("9999-12-31T23:59:59Z", "flag"),
    ("2038-01-19T03:14:08Z", "flag"), ("2026-06-30T23:59:60Z", None), ("2026-01-01T24:00:00Z", None), ("2026-01-01T12:00:00", "flag"), ("2026-01-01T12:00:00+14:00", None),
    ("2026-01-01T12:00:00.123456789012Z", None), ("1970-01-01T00:00:00Z", "flag"), ("", "flag"), ("yesterday", "flag"), ("2026-13-45T99:99:99Z", "flag"), (5, "flag"), (None, "flag"),
    ("2026-01-01 12:00:00Z", None), ("2026-01-01T12:00:00+02", None), ("-2026-01-01T00:00:00Z", "flag"), ("2026-01-01T12:00:00Z" + "0" * 5000, "flag"),
]


@table([(f"B30 {str(at)[:40]!r} in {version}", version, at, doubt) for version in (V16, V201) for at, doubt in TIMES])
def a_start_at_a_strange_time_is_kept(server, version, at, doubt):
    identity, station = fresh(server, version)
    if version == V16:
        answer = station.call("StartTransaction", {**start16("GOOD", 1, 0), "timestamp": at})
        expect(answer["transactionId"] > 0, answer)
        station.call("StopTransaction", stop16(answer["transactionId"], 100))
    else:
        station.call("TransactionEvent", {**event2x("Started", "tx", 0, token="GOOD", meter=0), "timestamp": at})
        station.call("TransactionEvent", event2x("Ended", "tx", 1, meter=100))
    session, = sane(server, identity, 1)
    equal(session["energy_wh"], 100, "energy")
    if doubt:
        expect(set(session["flags"]) & {"schema", "clock"}, "the doubt is flagged:", session["flags"])


@case
def B30_ninety_days_old_is_kept_with_its_time(server):
    identity, station = fresh(server, V16)
    at = time.time() - 90 * 86400
    answer = station.call("StartTransaction", start16("GOOD", 1, 0, at=utc(base=at)))
    station.call("StopTransaction", stop16(answer["transactionId"], 100, at=utc(3600, base=at)))
    session, = sane(server, identity, 1)
    equal(round(parse_utc(session["started_at"])), round(at), "started_at")


@case
def B30_an_hour_in_the_future_is_flagged(server):
    identity, station = fresh(server, V16)
    answer = station.call("StartTransaction", start16("GOOD", 1, 0, at=utc(3600)))
    station.call("StopTransaction", stop16(answer["transactionId"], 100, at=utc(7200)))
    session, = sane(server, identity, 1)
    expect("clock" in session["flags"], "flags", session["flags"])


# name, meterStart, meter values, meterStop, energy (None: any that is not negative), flags of which one must be there
METERS = [
    ("B31 a start of -1", -1, [], 100, None, set()),
    ("B31 a register of 2^31-1", 2147483000, [], 2147483647, 647, set()),
    ("B31 a stop below the start", 5000, [], 4000, 0, {"meter_regression"}),
    ("B31 a stop of -1", 5000, [sample16(6000)], -1, 1000, {"meter_regression", "schema"}),
    ("B31 a stop of 0 after a register of 5,000", 5000, [sample16(6000)], 0, 1000, {"meter_regression", "meter_reset"}),
    ("B31 a register that is reset", 1000, [sample16(1500), sample16(0), sample16(300)], 400, 900, {"meter_reset"}),
    ("B31 kWh", 1000, [sample16("1.5", unit="kWh")], 2000, 1000, set()),
    ("B31 kWh and Wh mixed", 1000, [sample16("1.5", unit="kWh"), sample16(1700)], 2000, 1000, set()),
    ("B31 a decimal comma", 1000, [sample16("1500,5")], 2000, 1000, {"schema", "unit"}),
    ("B31 1e3", 0, [sample16("1e3")], 2000, 2000, set()),
    ("B31 an empty value", 0, [sample16("")], 2000, 2000, {"schema"}),
    ("B31 NaN", 0, [sample16("NaN")], 2000, 2000, {"schema"}),
    ("B31 1e400", 0, [sample16("1e400")], 2000, 2000, {"schema"}),
    ("B31 a value that is a number", 0, [{"value": 1000}], 2000, 2000, {"schema"}),
    ("B31 an unknown unit", 0, [sample16(1000, unit="BTU")], 2000, 2000, {"schema", "unit"}),
    ("B31 an unknown measurand", 0, [sample16(1000, measurand="Energy.Of.Stars")], 2000, 2000, {"schema"}),
    ("B31 10^9 Wh in a minute", 0, [], 1000000000, None, {"energy_implausible"}),
    ("B31 a value that falls and comes back", 0, [sample16(1000), sample16(900), sample16(1100)], 2000, 2000, {"meter_regression"}),
]


@table(METERS)
def a_strange_register_is_judged_later(server, start, samples, stop, energy, flags):
    identity, station = fresh(server, V16)
    begun = time.time() - 600
    transaction = station.call("StartTransaction", start16("GOOD", 1, start, at=utc(base=begun)))["transactionId"]
    for n, sample in enumerate(samples):
        station.call("MeterValues", meter16(transaction, sample, at=utc(60 * (n + 1), base=begun)))
    station.call("StopTransaction", stop16(transaction, stop, at=utc(300, base=begun)))
    session, = sane(server, identity, 1)
    equal(session["state"], "ended", "state")
    if energy is not None:
        equal(session["energy_wh"], energy, "energy_wh")
    if flags:
        expect(flags & set(session["flags"]), f"flags {session['flags']}, want one of {sorted(flags)}")
    else:
        expect(not set(session["flags"]) & {"meter_regression", "energy_implausible"} or start < 0, "flags", session["flags"])


@table([(f"B32 connector {c}", c) for c in (0, -1, 42, 2**31, 2**63, "1", None, 1.5)])
def a_strange_connector_is_kept(server, connector):
    identity, station = fresh(server, V16)
    answer = station.call("StartTransaction", {**start16("GOOD"), "connectorId": connector})
    station.call("StopTransaction", stop16(answer["transactionId"], 10))
    station.call("StatusNotification", {**status16(), "connectorId": connector})
    sane(server, identity, 1)


@case
def B32_a_transaction_without_an_evse_is_not_put_on_connector_1(server):
    identity, station = fresh(server, V201)
    station.call("TransactionEvent", event2x("Started", "noevse", 0, token="GOOD", meter=0, evse=None))
    session, = sane(server, identity, 1)
    expect(session["evse"] in (None, 0), "evse", session["evse"])


@table([(f"B33 transaction {t}", t) for t in (-1, 0, 424242, 2**31, -(2**31), "7", None)])
def a_stop_of_an_unknown_transaction_is_an_orphan_or_flagged(server, transaction):
    identity, station = fresh(server, V16)
    answer = station.call("StopTransaction", {**stop16(0, 700, idTag="GOOD"), "transactionId": transaction})
    expect("idTagInfo" in answer or answer == {}, answer)
    session, = sane(server, identity, 1)
    equal(session["state"], "orphan", "state")
    expect(set(session["flags"]) & {"unknown_transaction", "schema"}, "flags", session["flags"])


@case
def B33_nobody_stops_the_session_of_another_station(server):
    victim_id, victim = fresh(server, V16)
    thief_id, thief = fresh(server, V16)
    charge = Charge(victim, "GOOD", meter=0)
    thief.call("StopTransaction", stop16(charge.transaction, 999999, idTag="GOOD"))
    equal(server.sessions(victim_id)[0]["state"], "open", "state of the victim's session")
    charge.stop(100)
    equal(server.sessions(victim_id)[0]["energy_wh"], 100, "energy of the victim's session")
    equal(server.sessions(thief_id)[0]["state"], "orphan", "state of the thief's session")


@case
def B33_a_stop_of_minus_one_is_matched_by_connector_token_and_time(server):
    identity, station = fresh(server, V16)
    Charge(station, "GOOD", meter=0)
    station.call("StopTransaction", {**stop16(-1, 700, idTag="GOOD")})
    sessions = sane(server, identity)
    equal([(s["state"], s["energy_wh"]) for s in sessions], [("ended", 700)], "sessions")


@case
def B33_a_second_stop_changes_nothing(server):
    identity, station = fresh(server, V16)
    charge = Charge(station, "GOOD", meter=0)
    at = charge.tick()
    charge.stop(700, at)
    charge.stop(700, at)
    charge.stop(900)
    session, = sane(server, identity, 1)
    expect(session["energy_wh"] in (700, 900), "energy", session["energy_wh"])
    expect(session["energy_wh"] == 700 or "duplicate" in session["flags"], "flags", session["flags"])


@case
def B33_meter_values_after_the_stop_are_kept(server):
    identity, station = fresh(server, V16)
    charge = Charge(station, "GOOD", meter=0)
    charge.stop(700)
    station.call("MeterValues", meter16(charge.transaction, sample16(650), at=utc(-6 * 3600 + 400)))
    session, = sane(server, identity, 1)
    equal((session["state"], session["energy_wh"]), ("ended", 700), "session")


NASTY = [
    ("a long one", "x" * 64), ("an empty one", ""), ("SQL", "' OR 1=1--"), ("SVG", "<svg onload=1>"), ("a formula", "=HYPERLINK(1)"), ("CR LF", "a\r\nb"),
    ("a right-to-left override", "a\u202eb"), ("ESC", "\x1b[2Jx"), ("emoji", "⚡" * 10), ("NUL", "a\0b"), ("a brace", "{{7*7}}"), ("10,000 characters", "y" * 10000),
]


@table([(f"B34 {name} as a token in {version}", version, text) for version in (V16, V201) for name, text in NASTY])
def a_nasty_token_is_a_token_like_any_other(server, version, text):
    identity, station = fresh(server, version)
    charge = Charge(station, text, meter=0)
    expect(charge.token_status != "Accepted", "status", charge.token_status)
    charge.stop(10)
    session, = sane(server, identity, 1)
    expect("token_refused" in session["flags"], "flags", session["flags"])
    equal(session["energy_wh"], 10, "energy is kept")


@table([(f"B34 {name} in {version}", version, text) for version in (V16, V201) for name, text in NASTY])
def nasty_names_in_a_boot_do_no_harm(server, version, text):
    world(server)
    identity = f"BOOT-{next(_serial)}"
    ensure(server, identity)
    station = server.station(identity, version, add=False)
    if version == V16:
        payload = {"chargePointVendor": text, "chargePointModel": text, "chargePointSerialNumber": text, "firmwareVersion": text, "iccid": text, "imsi": text}
    else:
        payload = {"reason": "PowerUp", "chargingStation": {"vendorName": text, "model": text, "serialNumber": text, "firmwareVersion": text}}
    try:
        station.call("BootNotification", payload)
    except CallError as error:
        expect(error.code in ("PropertyConstraintViolation", "FormationViolation", "FormatViolation", "TypeConstraintViolation"), "error", error.code)
    expect("currentTime" in station.call("Heartbeat") if len(text) <= 20 else True, "heartbeat")
    reply = server.rest("GET", f"stations/{identity}")
    equal(reply.status, 200, "station page")
    undisturbed(server)


@table([(f"B34 {name} in {field}", field, text) for field in ("info", "vendorId", "vendorErrorCode", "data") for name, text in NASTY])
def nasty_texts_in_status_and_data_transfer_do_no_harm(server, field, text):
    station = connect(server, "NASTY-1", V16)
    if field == "data":
        with contextlib.suppress(CallError):
            station.call("DataTransfer", {"vendorId": "x", "data": text})
    else:
        station.call("StatusNotification", status16(1, "Faulted", "OtherError", **{field: text}))
    equal(server.rest("GET", "stations/NASTY-1").status, 200, "station page")
    undisturbed(server)


@table([("an unknown errorCode", {"errorCode": "Error"}), ("an unknown status", {"status": "Sleeping"}), ("an extra field", {"extra": 1}), ("info of 100 characters", {"info": "i" * 100}),
        ("no errorCode", {"errorCode": None})])
def a_status_against_its_schema_is_kept(server, change):
    identity, station = fresh(server, V16)
    station.call("StatusNotification", {k: v for k, v in {**status16(1, "Charging"), **change}.items() if v is not None})
    shown = server.get(f"stations/{identity}")["evses"][0]["connectors"][0]
    equal(shown["status"], "unknown" if "status" in change else "charging", "connector status")
    equal(shown["status_raw"], change.get("status", "Charging"), "status_raw")


SEQUENCES = [
    ("B35 a gap", [("Started", 0, 0), ("Updated", 5, 500), ("Ended", 6, 900)], "ended", 900, {"gap"}),
    ("B35 seqNo that starts at 7", [("Started", 7, 0), ("Updated", 8, 500), ("Ended", 9, 900)], "ended", 900, None),
    ("B35 seqNo that descends", [("Started", 9, 0), ("Updated", 5, 500), ("Ended", 1, 900)], "ended", 900, None),
    ("B35 seqNo 0 throughout", [("Started", 0, 0), ("Updated", 0, 500), ("Ended", 0, 900)], "ended", 900, None),
    ("B35 seqNo 2^31", [("Started", 2**31, 0), ("Ended", 2**31 + 1, 900)], "ended", 900, None),
    ("B35 seqNo -1", [("Started", -1, 0), ("Ended", 0, 900)], "ended", 900, None),
    ("B35 Ended first", [("Ended", 2, 900), ("Started", 0, 0), ("Updated", 1, 500)], "ended", 900, set()),
    ("B35 Updated without Started", [("Updated", 1, 100), ("Ended", 2, 900)], "ended", 800, {"gap"}),
    ("B35 Updated after Ended", [("Started", 0, 0), ("Ended", 2, 900), ("Updated", 1, 500)], "ended", 900, set()),
    ("B35 Ended alone", [("Ended", 3, 900)], None, None, None),
]


@table(SEQUENCES)
def events_may_come_in_any_order(server, events, state, energy, flags):
    identity, station = fresh(server, V201)
    begun = time.time() - 3600
    for kind, seq, meter in events:
        offset = {"Started": 0, "Updated": 600, "Ended": 1200}[kind]
        station.call("TransactionEvent", event2x(kind, "tx-1", seq, token="GOOD" if kind == "Started" else None, meter=meter, at=utc(offset, base=begun)))
    session, = sane(server, identity, 1)
    if state:
        equal((session["state"], session["energy_wh"]), (state, energy), "session")
    if flags is not None:
        equal(set(session["flags"]) & {"gap"}, flags, "flags")


@case
def B35_a_gap_that_is_filled_is_no_gap(server):
    identity, station = fresh(server, V201)
    begun = time.time() - 3600
    for kind, seq, meter, offset in [("Started", 0, 0, 0), ("Updated", 2, 500, 600), ("Ended", 3, 900, 900), ("Updated", 1, 250, 300)]:
        station.call("TransactionEvent", event2x(kind, "tx-1", seq, token="GOOD", meter=meter, at=utc(offset, base=begun), offline=seq == 1))
    session, = sane(server, identity, 1)
    equal((session["energy_wh"], session["flags"]), (900, []), "session")


@case
def B35_offline_events_do_not_move_the_live_status(server):
    identity, station = fresh(server, V201)
    station.call("StatusNotification", status2x(1, 1, "Available"))
    begun = time.time() - 86400
    station.call("TransactionEvent", event2x("Started", "off", 0, token="GOOD", meter=0, at=utc(base=begun), offline=True, info={"chargingState": "Charging"}))
    equal(server.get(f"stations/{identity}")["evses"][0]["connectors"][0]["status"], "available", "status")
    station.call("TransactionEvent", event2x("Ended", "off", 1, meter=500, at=utc(60, base=begun), offline=True))
    session, = sane(server, identity, 1)
    equal((session["state"], session["energy_wh"]), ("ended", 500), "session")


@case
def B36_meter_values_for_no_transaction_are_taken(server):
    identity, station = fresh(server, V16)
    equal(station.call("MeterValues", meter16(None, sample16(5), connector=0)), {}, "answer")
    equal(station.call("MeterValues", meter16(99, sample16(5))), {}, "answer to an unknown transaction")
    sane(server, identity)


@table([(v, v) for v in (V16, V201)])
def B36_five_thousand_samples_in_one_message_are_taken(server, version):
    identity, station = fresh(server, version)
    charge = Charge(station, "GOOD", meter=0)
    if version == V16:
        station.call("MeterValues", meter16(charge.transaction, *[sample16(n) for n in range(5000)], at=charge.tick()), timeout=30)
    else:
        station.call("TransactionEvent", event2x("Updated", charge.transaction, 1, samples=[sample2x(n) for n in range(5000)], at=charge.tick()), timeout=30)
        charge.seq = 1
    charge.stop(6000)
    session, = sane(server, identity, 1)
    equal(session["energy_wh"], 6000, "energy")


@case
def B36_signed_meter_values_are_kept_byte_for_byte_even_when_broken(server):
    identity, station = fresh(server, V201)
    charge = Charge(station, "GOOD", meter=0)
    signed = {"signedMeterData": "!!! not base64 !!!", "signingMethod": "ECDSA-secp256r1-SHA256", "encodingMethod": "OCMF", "publicKey": "=="}
    station.call("TransactionEvent", event2x("Updated", charge.transaction, 1, samples=[sample2x(100, signedMeterValue=signed)], at=charge.tick()))
    charge.seq = 1
    charge.stop(200)
    sane(server, identity, 1)
    log = server.rest("GET", f"stations/{identity}/messages?limit=1000").text
    expect("!!! not base64 !!!" in log, "the signed value is in the log")


@case
def B37_a_report_that_never_ends_is_bounded(server):
    identity, station = fresh(server, V201)
    for n in range(300):
        station.call("NotifyReport", {"requestId": 1, "generatedAt": utc(), "seqNo": n, "tbc": True, "reportData": [
            {"component": {"name": f"C{n}"}, "variable": {"name": f"V{m}"}, "variableAttribute": [{"value": "x" * 100}]} for m in range(20)]})
    undisturbed(server)
    equal(server.rest("GET", f"stations/{identity}").status, 200, "station page")


@case
def B37_a_storm_of_events_is_taken(server):
    identity, station = fresh(server, V201)
    for n in range(300):
        station.call("NotifyEvent", {"generatedAt": utc(), "seqNo": 0, "tbc": False, "eventData": [
            {"eventId": n, "timestamp": utc(), "trigger": "Alerting", "actualValue": "1", "eventNotificationType": "HardWiredNotification",
             "component": {"name": "Connector"}, "variable": {"name": "Problem"}}]})
    sane(server, identity)


@case
def B37_a_security_event_of_an_unknown_type_is_taken(server):
    identity, station = fresh(server, V201)
    equal(station.call("SecurityEventNotification", {"type": "AliensLanded", "timestamp": utc(), "techInfo": "t" * 255}), {}, "answer")
    equal(station.call("SecurityEventNotification", {"type": "x" * 50, "timestamp": "never", "techInfo": "t" * 300}), {}, "answer to a wrong one")
    sane(server, identity)


@table([("B38 SignCertificate", "SignCertificate", {"csr": "x" * 5000}), ("B39 Get15118EVCertificate", "Get15118EVCertificate",
        {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "A" * 5600})])
def what_is_not_built_yet_is_refused_by_name(server, action, payload):
    identity, station = fresh(server, V201)
    try:
        answer = station.call(action, payload)
        raise Wrong(f"answered {answer}")
    except CallError as error:
        expect(error.code in ("NotImplemented", "NotSupported"), "code", error.code)
    sane(server, identity)


if __name__ == "__main__":
    run()
