#!/usr/bin/env python3
"""Who is on the line: registration, second connections, pings, TLS, the plain listener (rules.md: registered, second, alive)."""
from harness import *
from ocpp import *


def security_error(station, action, payload):
    try:
        raise Wrong(f"{action} was answered with {station.call(action, payload)}")
    except CallError as error:
        equal(error.code, "SecurityError", f"error code of {action}")


@table([(f"{registration} in {version}", version, registration) for version in VERSIONS for registration in ("pending", "rejected")])
def a_station_that_is_not_accepted_gets_security_errors(server, version, registration):
    identity = f"REG-{registration}-{version[4:].replace('.', '')}"
    server.add_station(identity, registration=registration, heartbeat_interval_s=33)
    station = server.station(identity, version, add=False)
    answer = station.boot(expect_status=registration.capitalize())
    expect(answer["interval"] > 0, "interval", answer)
    if version == V16:
        security_error(station, "StartTransaction", start16("X"))
        security_error(station, "StatusNotification", status16())
    else:
        security_error(station, "TransactionEvent", event2x("Started", "x", 0, token="X"))
        security_error(station, "StatusNotification", status2x())
    equal(server.sessions(identity), [], "sessions")
    server.patch(f"stations/{identity}", {"registration": "accepted"})
    station.boot()
    station.call("StatusNotification", status16() if version == V16 else status2x())


@case
def the_interval_of_a_station_is_its_own(server):
    server.add_station("INT-1", heartbeat_interval_s=123)
    interval = server.station("INT-1", add=False).boot()["interval"]
    expect(90 <= interval <= 150, "interval near 123:", interval)


@case
def a_registration_holds_over_a_restart():
    with Server(keep=True) as server:
        data, key = server.data, server.key
        server.add_token("T")
        server.station("DUR-1", boot=True)
    again = Server(data=data, start=False)
    again.key = key
    with again.start():
        station = again.station("DUR-1", add=False)
        equal(Charge(station, "T").token_status, "Accepted", "start without a boot")
    shutil.rmtree(data, ignore_errors=True)


@case
def a_second_connection_is_refused_while_the_first_lives(server):
    first = server.station("TWO-1", boot=True)
    try:
        second = Station(server.ocpp, "TWO-1", connect=False)
        second.connect(timeout=20)
        second.wait_closed(15)
    except Refused as refused:
        expect(400 <= refused.status < 600, "status", refused.status)
    expect("currentTime" in first.call("Heartbeat"), "the first goes on")
    first.on["ClearCache"] = {"status": "Accepted"}
    equal(server.post("stations/TWO-1/commands/clear_cache", {}, status=200)["result"], "accepted", "a command reaches the first")


@case
def a_second_connection_replaces_a_first_that_is_dead(server):
    server.add_station("TWO-2")
    first = Station(server.ocpp, "TWO-2", answer_pings=True)
    first.boot()
    server.stations.append(first)
    # It has shown that it answers pings; now it falls silent, as behind a line that was cut.
    first.answer_pings = False
    second = Station(server.ocpp, "TWO-2", connect=False)
    deadline = time.monotonic() + 30 * SLOW
    while True:
        try:
            second.connect(timeout=20)
            break
        except (Refused, OSError):
            expect(time.monotonic() < deadline, "the station is locked out by its own dead connection")
            time.sleep(1)
    server.stations.append(second)
    second.boot()
    first.drop()
    time.sleep(0.5)
    equal(server.get("stations/TWO-2")["connected"], True, "connected after the late end of the first")
    second.on["ClearCache"] = {"status": "Accepted"}
    equal(server.post("stations/TWO-2/commands/clear_cache", {}, status=200)["result"], "accepted", "a command reaches the second")


@case
def a_second_connection_with_a_wrong_password_disturbs_nothing(server):
    first = server.station("TWO-3", boot=True)
    for _ in range(20):
        try:
            Station(server.ocpp, "TWO-3", password="wrong-password-16")
            raise Wrong("a wrong password was taken")
        except Refused as refused:
            expect(refused.status in (401, 429), "status", refused.status)
    expect("currentTime" in first.call("Heartbeat"), "the first goes on")
    first.close()
    server.station("TWO-3", add=False).boot()


@case
def a_reconnect_after_a_clean_end_is_at_once(server):
    for n in range(5):
        station = server.station("QUICK-1", add=n == 0)
        station.boot()
        station.close()
    equal(eventually(lambda: server.get("stations/QUICK-1")["connected"] is False, "disconnected"), True)


@case
def a_new_password_is_in_force_and_the_old_one_is_not(server):
    server.add_station("PW-1")
    server.patch("stations/PW-1", {"password": "new-password-of-20ch"})
    Station(server.ocpp, "PW-1", password="new-password-of-20ch").boot()
    try:
        Station(server.ocpp, "PW-1", password=PASSWORD)
        raise Wrong("the old password still opens")
    except Refused as refused:
        equal(refused.status, 401, "status")


@case
def passwords_are_nowhere_in_the_data_directory_or_the_log(server):
    secret = "Zq9-secret-needle-77"
    server.add_station("LEAK-1", password=secret)
    Station(server.ocpp, "LEAK-1", password=secret).boot()
    with contextlib.suppress(Refused):
        Station(server.ocpp, "LEAK-1", password="Zq9-wrong-needle-778")
    needles = [secret.encode(), b"Zq9-wrong-needle", base64.b64encode(b"LEAK-1:" + secret.encode()), server.key.encode()]
    places = [os.path.join(folder, name) for folder, _, names in os.walk(server.data) for name in names] + [server.log_path]
    for path in places:
        if os.path.isfile(path):
            with open(path, "rb") as file:
                content = file.read()
            for needle in needles:
                expect(needle not in content, f"{needle!r} stands in {path}")
    for name in os.listdir(server.data):
        mode = os.stat(os.path.join(server.data, name)).st_mode & 0o077
        expect(mode == 0, f"{name} may be read by others: {oct(mode)}")


@case
def open_onboarding_takes_unknown_stations_as_pending():
    with Server(sets=["onboarding.open=true"]) as server:
        station = Station(server.ocpp, "NEW-1", auth=False)
        answer = station.boot(expect_status="Pending")
        equal(answer["interval"], 30, "interval")
        station.on["TriggerMessage"] = {"status": "Accepted"}
        server.post("inbox/NEW-1/adopt", {})
        call = station.wait_call("TriggerMessage", 15)
        equal(call[3]["requestedMessage"], "BootNotification", "requestedMessage")
        station.boot()
        shown = server.get("stations/NEW-1")
        equal((shown["connected"], shown["registration"]), (True, "accepted"), "station")
        station.drop()


@case
def first_attempt_to_charging_takes_less_than_a_minute():
    with Server() as server:
        began = time.monotonic()
        server.add_token("FAST")
        try:
            Station(server.ocpp, "FAST-1", auth=False)
            raise Wrong("an unknown station was let in")
        except Refused as refused:
            equal(refused.status, 404, "status")
        eventually(lambda: [i for i in server.items("inbox") if i["identity"] == "FAST-1"], "FAST-1 in the inbox")
        server.post("inbox/FAST-1/adopt", {})
        station = Station(server.ocpp, "FAST-1", auth=False)
        station.boot()
        station.call("StatusNotification", status16(1, "Preparing"))
        equal(Charge(station, "FAST").token_status, "Accepted", "start")
        equal(server.get("stations/FAST-1")["security_profile"], 0, "marked as profile 0")
        expect(time.monotonic() - began < 60, "took", time.monotonic() - began)
        station.drop()


@case
def a_thousand_unknown_stations_fill_no_more_than_the_inbox(server):
    for n in range(1100):
        try:
            Station(server.ocpp, f"FLOOD-{n}", auth=False)
        except Refused as refused:
            expect(refused.status in (404, 429, 503), "status", refused.status)
    first = server.get("inbox?limit=1000")
    expect(len(first["items"]) <= 1000 and not first["next_cursor"], "entries", len(first["items"]))
    server.station("AFTER-FLOOD", boot=True)


@case
def a_station_that_is_gone_is_shown_with_its_last_status(server):
    station = server.station("GONE-1", boot=True)
    station.call("StatusNotification", status16(1, "Charging"))
    station.drop()
    shown = eventually(lambda: (lambda s: s if not s["connected"] else None)(server.get("stations/GONE-1")), "disconnected")
    equal(shown["evses"][0]["connectors"][0]["status"], "charging", "last status")
    parse_utc(shown["last_seen_at"])


@case
def pings_are_answered_with_their_payload(server):
    station = server.station("PING-1", boot=True)
    station.send_frame(PING, b"hello")
    eventually(lambda: b"hello" in station.pongs, "the pong")


if __name__ == "__main__":
    run()
