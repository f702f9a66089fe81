#!/usr/bin/env python3
"""A station's password: what is refused by name, what is told to the station byte for byte, and who was not let in."""
from harness import *
from ocpp import *


def accepting(server, identity, version, **more):
    """A station that takes any password, and keeps what it was told."""
    server.add_station(identity, **more)
    station = server.station(identity, version, add=False, boot=True)
    station.told = []

    def variables(payload):
        item = payload["setVariableData"][0]
        station.told.append(item["attributeValue"])
        return {"setVariableResult": [{"attributeStatus": "Accepted", "component": item["component"], "variable": item["variable"]}]}

    def configuration(payload):
        station.told.append(payload["value"])
        return {"status": "Accepted"}

    station.on.update({"SetVariables": variables, "ChangeConfiguration": configuration})
    return station


def refused(server, identity, **options):
    try:
        Station(server.ocpp, identity, **options)
        raise Wrong(f"{identity} was let in with {options}")
    except Refused as refusal:
        equal(refusal.status, 401, f"status with {options}")


@table([
    ("15 characters", None, "p" * 15, "16"), ("15 characters for 1.6", "ocpp1.6", "p" * 15, "16"), ("21 bytes for 1.6", "ocpp1.6", "p" * 21, "20"),
    ("41 characters for 2.0.1", "ocpp2.0.1", "p" * 41, "40"), ("65 characters for 2.1", "ocpp2.1", "p" * 65, "64"),
    ("control characters", None, "p" * 20 + "\n", "control"), ("nothing", None, "", "16"),
])
def a_password_of_the_wrong_length_is_refused_by_name(server, version, password, word):
    body = {"id": f"LEN-{os.urandom(4).hex()}", "password": password, **({"protocol_default": version} if version else {})}
    reply = server.rest("POST", "stations", body)
    equal((reply.status, reply.json["field"]), (422, "password"), reply.text[:200])
    expect(word in reply.json["detail"], reply.json["detail"])


@table([(f"{name} in {version}", version, password) for version in (V201, V21) for name, password in (
    ("quotes", 'say "friend", enter'), ("backslashes", "back\\slash\\u0041\\"), ("what ends the JSON", 'x"}],"a":[{"b":"c'), ("umlauts", "äöüßäöüßäöüßäöüß"))])
def a_password_reaches_the_station_as_it_is(server, version, password):
    identity = f"AS-IT-IS-{os.urandom(4).hex()}"
    station = accepting(server, identity, version)
    equal(server.rest("POST", f"stations/{identity}/password", {"password": password}).status, 200, "status")
    equal(station.told, [password], "what it was told")
    station.close()
    Station(server.ocpp, identity, password=password, protocols=[version]).close()


def silent(server, identity, version=V16):
    """A station that takes passwords and does not say so."""
    station = accepting(server, identity, version)
    told = station.on

    def quiet(action):
        def take(payload):
            told_before = told[action](payload)
            return told_before and None
        return take

    station.on = {action: quiet(action) for action in told}
    return station


@table([(v, v) for v in (V16, V201)])
def whichever_password_a_silent_station_has_taken_opens_it(server, version):
    """It was told two and answered for none: it has the first, the second, or the one of before."""
    identity = f"SILENT-{os.urandom(4).hex()}"
    station = silent(server, identity, version)
    told = ["first-password-16", "other-password-16"]
    for password in told:
        equal(server.rest("POST", f"stations/{identity}/password?timeout_s=1", {"password": password}).status, 504, "no answer in time")
    station.close()
    Station(server.ocpp, identity, protocols=[version]).close()
    equal(server.get(f"stations/{identity}")["password_pending"], True, "the one of before was used, and the others count on")
    Station(server.ocpp, identity, password=told[0], protocols=[version]).close()
    eventually(lambda: not server.get(f"stations/{identity}")["password_pending"], "one was used")
    Station(server.ocpp, identity, password=told[0], protocols=[version]).close()
    refused(server, identity, password=told[1])
    refused(server, identity)


@case
def a_station_is_not_told_passwords_without_end(server):
    station = silent(server, "ENDLESS")
    for n in range(4):
        equal(server.rest("POST", "stations/ENDLESS/password?timeout_s=1", {"password": f"password-number-{n}"}).status, 504, "no answer in time")
    for path, body in (("stations/ENDLESS/password", {}), ("stations/ENDLESS/calls", {"action": "ChangeConfiguration", "payload": {"key": "AuthorizationKey", "value": "password-number-5"}}),
                       ("stations/ENDLESS/commands/set_configuration", {"values": {"AuthorizationKey": "password-number-5"}})):
        equal(server.rest("POST", path, body).status, 409, path)
    equal(len(station.told), 4, "passwords that it was told")
    station.close()
    Station(server.ocpp, "ENDLESS", password="password-number-2").close()


@case
def an_answer_makes_earlier_silence_void(server):
    """What it has said that it took is the one that it has."""
    server.add_station("AT-LAST")
    station = server.station("AT-LAST", add=False, boot=True)
    station.on["ChangeConfiguration"] = lambda payload: None
    equal(server.rest("POST", "stations/AT-LAST/password?timeout_s=1", {"password": "first-password-16"}).status, 504, "no answer in time")
    station.on["ChangeConfiguration"] = {"status": "RebootRequired"}
    equal(server.rest("POST", "stations/AT-LAST/password", {"password": "other-password-16"}).status, 200, "answered")
    station.close()
    refused(server, "AT-LAST", password="first-password-16")
    Station(server.ocpp, "AT-LAST", password="other-password-16").close()


@table([("refused", {"status": "Rejected"}, False), ("taken", {"status": "Accepted"}, True)])
def a_password_set_by_any_call_opens_the_station(server, answer, opens):
    """By the configuration, or by a raw call: voltd takes note, else the station would be locked out."""
    for way, path, body in (("CONF", "commands/set_configuration", {"values": {"AuthorizationKey": "by-some-call-0123"}}),
                            ("CALL", "calls", {"action": "ChangeConfiguration", "payload": {"key": "AuthorizationKey", "value": b"by-some-call-0123".hex()}})):
        identity = f"{way}-{os.urandom(4).hex()}"
        station = server.station(identity, boot=True)
        station.on["ChangeConfiguration"] = answer
        equal(server.rest("POST", f"stations/{identity}/{path}", body).status, 200, path)
        equal(server.get(f"stations/{identity}")["password_pending"], opens, "pending")
        station.close()
        if opens:
            Station(server.ocpp, identity).close()
            Station(server.ocpp, identity, password="by-some-call-0123").close()
            eventually(lambda: not server.get(f"stations/{identity}")["password_pending"], "it was used")
        refused(server, identity, password=PASSWORD if opens else "by-some-call-0123")


@case
def a_password_set_among_other_variables_opens_the_station(server):
    station = server.station("AMONG-201", V201, boot=True)
    data = [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}, "attributeValue": "60"},
            {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}, "attributeValue": "among-others-0123"}]
    station.on["SetVariables"] = {"setVariableResult": [{"attributeStatus": status, "component": d["component"], "variable": d["variable"]} for d, status in zip(data, ("Rejected", "Accepted"))]}
    equal(server.rest("POST", "stations/AMONG-201/calls", {"action": "SetVariables", "payload": {"setVariableData": data}}).status, 200, "call")
    station.close()
    Station(server.ocpp, "AMONG-201", password="among-others-0123", protocols=[V201]).close()
    eventually(lambda: not server.get("stations/AMONG-201")["password_pending"], "it was used")


@table([("long", "p" * 64), ("of two bytes a character", "é" * 64), ("of four bytes a character", "\U0001F50C" * 64)])
def a_password_suits_what_the_station_speaks_now(server, password):
    """2.1 was set for the case that it names no version; it speaks 1.6, which holds 20 bytes."""
    identity = f"NOW-{os.urandom(4).hex()}"
    station = accepting(server, identity, V16, protocol_default="ocpp2.1")
    for method, path, body in (("POST", f"stations/{identity}/password", {"password": password}), ("PATCH", f"stations/{identity}", {"password": password})):
        reply = server.rest(method, path, body)
        equal((reply.status, reply.json.get("field")), (422, "password"), f"{method} ({reply.text[:200]})")
    equal(station.told, [], "what it was told")
    expect("currentTime" in station.call("Heartbeat"), "the station is still there")


@case
def hex_digits_stand_for_their_bytes_in_1_6(server):
    secret = bytes(range(200, 220))  # no UTF-8, and as many as 1.6 can hold
    server.add_station("HEX-1", password=secret.hex())
    for shown in (secret, secret.hex(), secret.hex().upper()):
        Station(server.ocpp, "HEX-1", password=shown).close()
    refused(server, "HEX-1", password=secret[:-1])


@table([
    ("no password", {"auth": False}, "sent no password"), ("a wrong one", {"password": "wrong-password-16"}, "password is wrong"),
    ("another user", {"headers": {"Authorization": basic("SOMEBODY", PASSWORD)}}, "user name"),
])
def who_is_not_let_in_is_shown_with_the_reason(server, options, reason):
    identity = f"KNOCK-{os.urandom(4).hex()}"
    server.add_station(identity)
    for _ in range(3):
        refused(server, identity, **options)
    shown = [a for a in server.items("attention") if a["kind"].startswith("refused") and a["station"] == identity]
    equal(len(shown), 1, "items")
    expect("3 times" in shown[0]["text"] and reason in shown[0]["text"] and shown[0]["action"], shown)
    Station(server.ocpp, identity).close()
    equal([a for a in server.items("attention") if a["kind"].startswith("refused") and a["station"] == identity], [], "after it was let in")


@case
def a_password_and_profile_0_do_not_go_together(server):
    body = {"id": "ZERO-1", "security_profile": 0}
    reply = server.rest("POST", "stations", {**body, "password": PASSWORD})
    equal((reply.status, reply.json.get("field")), (422, "password"), reply.text[:200])
    reply = server.rest("POST", "stations/import", raw=f"id,security_profile,password\nZERO-1,0,{PASSWORD}\n".encode(), headers={"Content-Type": "text/csv"})
    equal([(e["line"], e["field"]) for e in reply.json["errors"]], [(2, "password")], "errors of the import")
    expect("password" not in server.post("stations", body, status=201), "a password was made for profile 0")
    Station(server.ocpp, "ZERO-1", auth=False).close()
    equal(server.patch("stations/ZERO-1", {"password": PASSWORD})["security_profile"], 1, "profile after it was given a password")
    refused(server, "ZERO-1", auth=False)
    Station(server.ocpp, "ZERO-1").close()


@case
def a_door_below_the_profile_is_shown(server):
    server.add_station("KNOCK-PLAIN", security_profile=2)
    refused(server, "KNOCK-PLAIN")
    shown = [a for a in server.items("attention") if a["kind"].startswith("refused") and a["station"] == "KNOCK-PLAIN"]
    expect(shown and "profile" in shown[0]["text"] and "wss" in shown[0]["action"], shown)


if __name__ == "__main__":
    run()
