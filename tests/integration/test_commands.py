#!/usr/bin/env python3
"""Commands and calls: what reaches the station, and what of its answer reaches the caller (docs/api.md)."""
from harness import *
from ocpp import *

# name, body, 1.6 (action, payload, station's answer, result), 2.0.1 (the same); None: another test has it
COMMANDS = [
    ("remote_start", {"token": "CMD", "evse": 1, "connector": 1},
     ("RemoteStartTransaction", {"idTag": "CMD", "connectorId": 1}, {"status": "Accepted"}, "accepted"),
     ("RequestStartTransaction", {"idToken": {"idToken": "CMD"}, "evseId": 1}, {"status": "Accepted"}, "accepted")),
    ("remote_start", {"token": "CMD"},
     ("RemoteStartTransaction", {"idTag": "CMD"}, {"status": "Rejected"}, "rejected"),
     ("RequestStartTransaction", {"idToken": {"idToken": "CMD"}}, {"status": "Rejected"}, "rejected")),
    ("reset", {"kind": "soft"},
     ("Reset", {"type": "Soft"}, {"status": "Accepted"}, "accepted"),
     ("Reset", {"type": "OnIdle"}, {"status": "Scheduled"}, None)),
    ("reset", {"kind": "hard"},
     ("Reset", {"type": "Hard"}, {"status": "Rejected"}, "rejected"),
     ("Reset", {"type": "Immediate"}, {"status": "Accepted"}, "accepted")),
    ("unlock", {"evse": 1, "connector": 1},
     ("UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"}, None),
     ("UnlockConnector", {"evseId": 1, "connectorId": 1}, {"status": "Unlocked"}, None)),
    ("change_availability", {"operative": False, "evse": 1},
     ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, {"status": "Scheduled"}, None),
     ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}, {"status": "Accepted"}, "accepted")),
    ("change_availability", {"operative": True},
     ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}, {"status": "Accepted"}, "accepted"),
     ("ChangeAvailability", {"operationalStatus": "Operative"}, {"status": "Accepted"}, "accepted")),
    ("trigger", {"message": "StatusNotification", "evse": 1},
     ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}, {"status": "NotImplemented"}, None),
     ("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1}}, {"status": "Accepted"}, "accepted")),
    ("get_configuration", {"keys": None},
     ("GetConfiguration", {"key": ["HeartbeatInterval"]}, {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]}, None),
     ("GetVariables", {"getVariableData": [{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]},
      {"getVariableResult": [{"attributeStatus": "Accepted", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}, "attributeValue": "60"}]}, None)),
    ("set_configuration", {"values": None},
     ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "120"}, {"status": "Accepted"}, "accepted"),
     ("SetVariables", {"setVariableData": [{"attributeValue": "120", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]},
      {"setVariableResult": [{"attributeStatus": "Accepted", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}]}, "accepted")),
    ("clear_cache", {}, ("ClearCache", {}, {"status": "Accepted"}, "accepted"), ("ClearCache", {}, {"status": "Rejected"}, "rejected")),
    ("data_transfer", {"vendor_id": "com.acme", "message_id": "hello", "data": "there"},
     ("DataTransfer", {"vendorId": "com.acme", "messageId": "hello", "data": "there"}, {"status": "Accepted", "data": "general"}, "accepted"),
     ("DataTransfer", {"vendorId": "com.acme", "messageId": "hello", "data": "there"}, {"status": "UnknownVendorId"}, None)),
]
KEY_OF = {V16: "HeartbeatInterval", V201: "OCPPCommCtrlr.HeartbeatInterval", V21: "OCPPCommCtrlr.HeartbeatInterval"}


def within(part, whole, where="payload"):
    """Every member of `part` is in `whole` with the same value."""
    if isinstance(part, dict):
        for key, value in part.items():
            expect(isinstance(whole, dict) and key in whole, f"{where}.{key} is missing in {whole}")
            within(value, whole[key], f"{where}.{key}")
    elif isinstance(part, list):
        equal(len(whole), len(part), f"items of {where}")
        for index, value in enumerate(part):
            within(value, whole[index], f"{where}[{index}]")
    else:
        equal(whole, part, where)


def rows():
    for name, body, v16, v2x in COMMANDS:
        for version in VERSIONS:
            body = dict(body)
            if "keys" in body:
                body["keys"] = [KEY_OF[version]]
            if "values" in body:
                body["values"] = {KEY_OF[version]: "120"}
            action, payload, answer, result = v16 if version == V16 else v2x
            yield f"{name} {json.dumps(body)} to {version}", version, name, dict(body), action, payload, answer, result


def connected(server, version):
    identity = "CMD-" + version[4:].replace(".", "")
    if server.rest("GET", "tokens/CMD").status == 404:
        server.add_token("CMD", type="ISO14443")
    station = server.station(identity, version, add=server.rest("GET", f"stations/{identity}").status == 404)
    station.boot()
    return identity, station


@table(rows())
def a_command_reaches_the_station(server, version, name, body, action, payload, answer, result):
    identity, station = connected(server, version)
    station.on[action] = answer
    told = server.post(f"stations/{identity}/commands/{name}", body, status=200)
    call = station.wait_call(action)
    within(payload, call[3])
    if version == V16 and name == "remote_start" and "connector" not in body:
        expect("connectorId" not in call[3], "a connector that nobody asked for:", call)
    equal(told["answer"], answer, "the station's answer")
    equal(told.get("status"), answer.get("status", told.get("status")), "status")
    if result:
        equal(told["result"], result, "result")
    expect(told["latency_ms"] >= 0 and "id" in told, told)


@table([(v, v) for v in VERSIONS])
def a_remote_start_becomes_a_session_and_a_remote_stop_ends_it(server, version):
    identity, station = connected(server, version)
    start, stop = (("RemoteStartTransaction", "RemoteStopTransaction") if version == V16 else ("RequestStartTransaction", "RequestStopTransaction"))
    station.on[start] = station.on[stop] = {"status": "Accepted"}
    server.post(f"stations/{identity}/commands/remote_start", {"token": "CMD", "evse": 1}, status=200)
    charge = Charge(station, "CMD", meter=5)
    session = server.items(f"sessions?station={identity}&state=open")[0]
    server.post(f"sessions/{session['id']}/stop", {}, status=200)
    within({"transactionId": charge.transaction}, station.wait_call(stop)[3])
    charge.stop(105)
    equal(server.get(f"sessions/{session['id']}")["energy_wh"], 100, "energy")
    again = server.rest("POST", f"stations/{identity}/commands/remote_stop", {"session": session["id"]})
    expect(again.status in (200, 409, 422), "remote_stop of an ended session:", again.status)


@table([(v, v) for v in VERSIONS])
def a_callerror_is_502_with_its_code(server, version):
    identity, station = connected(server, version)
    station.on["ClearCache"] = ("InternalError", "flash is worn out")
    reply = server.rest("POST", f"stations/{identity}/commands/clear_cache", {})
    equal(reply.status, 502, f"status ({reply.text[:200]})")
    equal((reply.json["error_code"], reply.json["error_description"]), ("InternalError", "flash is worn out"), "error")


@case
def a_callerror_with_missing_members_is_502_too(server):
    identity, station = connected(server, V16)
    station.on["ClearCache"] = lambda payload: None
    box = []
    thread = threading.Thread(target=lambda: box.append(server.rest("POST", f"stations/{identity}/commands/clear_cache", {})))
    thread.start()
    call = station.wait_call("ClearCache")
    station.send_text(json.dumps([4, call[1], "FormationViolation", ""]))
    thread.join(30 * SLOW)
    equal((box[0].status, box[0].json["error_code"]), (502, "FormationViolation"), "answer")


@case
def no_answer_is_504_with_what_is_known(server):
    identity, station = connected(server, V16)
    station.on["ClearCache"] = lambda payload: None
    began = time.monotonic()
    reply = server.rest("POST", f"stations/{identity}/commands/clear_cache?timeout_s=1", {})
    equal(reply.status, 504, f"status ({reply.text[:200]})")
    parse_utc(reply.json["sent_at"])
    expect(time.monotonic() - began < 8 * SLOW, "took", time.monotonic() - began)
    late = station.wait_call("ClearCache")
    station.send_text(json.dumps([3, late[1], {"status": "Accepted"}]))
    station.on["ClearCache"] = {"status": "Rejected"}
    equal(server.post(f"stations/{identity}/commands/clear_cache", {}, status=200)["result"], "rejected", "the next command gets its own answer")


@case
def a_station_that_leaves_fails_the_command_under_way(server):
    identity, station = connected(server, V16)
    station.on["ClearCache"] = lambda payload: station.drop()
    reply = server.rest("POST", f"stations/{identity}/commands/clear_cache?timeout_s=30", {})
    expect(reply.status in (409, 502, 504), f"status {reply.status}")


@case
def a_remote_start_without_a_token_says_whose_is_missing(server):
    server.station("NO-TOKEN", boot=True)
    reply = server.rest("POST", "stations/NO-TOKEN/commands/remote_start", {})
    equal((reply.status, reply.json["field"]), (422, "token"), reply.text)
    expect("of their own" in reply.json["detail"], reply.text)


@case
def a_station_that_is_away_is_409(server):
    server.add_station("AWAY-1")
    equal(server.rest("POST", "stations/AWAY-1/commands/clear_cache", {}).status, 409, "status")
    equal(server.rest("POST", "stations/AWAY-1/calls", {"action": "ClearCache", "payload": {}}).status, 409, "status of a call")


@table([
    ("an unknown command", "commands/frobnicate", {}, (404, 422)),
    ("a missing member", "commands/reset", {}, 422),
    ("a wrong value", "commands/reset", {"kind": "gentle"}, 422),
    ("an unknown member", "commands/clear_cache", {"colour": "red"}, 422),
    ("a time-out above 120 s", "commands/clear_cache?timeout_s=121", {}, 422),
    ("a session that does not exist", "commands/remote_stop", {"session": 999999}, (404, 422)),
    ("a call against its schema", "calls", {"action": "Reset", "payload": {"type": "Gentle"}}, 422),
    ("a call with a missing member", "calls", {"action": "Reset", "payload": {}}, 422),
    ("a call with a member too many", "calls", {"action": "ClearCache", "payload": {"a": 1}}, 422),
    ("a call that does not exist", "calls", {"action": "Frobnicate", "payload": {}}, 422),
    ("a call in the wrong direction", "calls", {"action": "BootNotification", "payload": {"chargePointVendor": "a", "chargePointModel": "b"}}, 422),
    ("a call without a payload", "calls", {"action": "ClearCache"}, 422),
])
def a_wrong_command_never_leaves(server, path, body, status):
    identity, station = connected(server, V16)
    reply = server.rest("POST", f"stations/{identity}/{path}", body)
    expect(reply.status in (status if isinstance(status, tuple) else (status,)), f"status {reply.status}, want {status} ({reply.text[:200]})")
    equal([c[2] for c in station.calls if c[2] in ("Reset", "ClearCache", "Frobnicate")], [], "what reached the station")


CALLS = {
    V16: [("GetLocalListVersion", {}, {"listVersion": 3}),
          ("SendLocalList", {"listVersion": 4, "updateType": "Full", "localAuthorizationList": []}, {"status": "Accepted"}),
          ("GetDiagnostics", {"location": "ftp://192.0.2.1/x"}, {"fileName": "d.zip"}),
          ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": {"chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative", "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.1}]}}}, {"status": "Accepted"}),
          ("GetLog", {"logType": "SecurityLog", "requestId": 7, "log": {"remoteLocation": "https://192.0.2.1/"}}, {"status": "Accepted", "filename": "l"})],
    V201: [("GetLocalListVersion", {}, {"versionNumber": 3}),
           ("GetTransactionStatus", {"transactionId": "x"}, {"messagesInQueue": False, "ongoingIndicator": False}),
           ("SetDisplayMessage", {"message": {"id": 1, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Guten Tag ⚡"}}}, {"status": "Accepted"})],
    V21: [("GetTariffs", {"evseId": 0}, {"status": "NoTariff"}),
          ("UsePriorityCharging", {"transactionId": "x", "activate": True}, {"status": "NoProfile"})],
}


@table([(f"{action} to {version}", version, action, payload, answer) for version, calls in CALLS.items() for action, payload, answer in calls])
def any_call_of_the_schemas_can_be_sent(server, version, action, payload, answer):
    identity, station = connected(server, version)
    station.on[action] = answer
    told = server.post(f"stations/{identity}/calls", {"action": action, "payload": payload}, status=200)
    equal(station.wait_call(action)[3], payload, "payload at the station")
    equal(told["answer"], answer, "the station's answer")


@case
def at_most_one_call_is_outstanding(server):
    identity, station = connected(server, V16)
    station.on["ClearCache"] = lambda payload: None
    results = []
    threads = [threading.Thread(target=lambda: results.append(server.rest("POST", f"stations/{identity}/commands/clear_cache?timeout_s=20", {}).status)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(4):
        call = station.wait_call("ClearCache", skip=n)
        time.sleep(0.3)
        equal(len([c for c in station.calls if c[2] == "ClearCache"]), n + 1, "calls before the first was answered")
        station.send_text(json.dumps([3, call[1], {"status": "Accepted"}]))
    for thread in threads:
        thread.join(30 * SLOW)
    equal(results, [200] * 4, "answers")


@case
def both_directions_may_be_in_flight(server):
    identity, station = connected(server, V16)
    station.on["ClearCache"] = lambda payload: None
    box = []
    thread = threading.Thread(target=lambda: box.append(server.rest("POST", f"stations/{identity}/commands/clear_cache", {})))
    thread.start()
    call = station.wait_call("ClearCache")
    expect("currentTime" in station.call("Heartbeat"), "a heartbeat while a call of the server waits")
    station.send_text(json.dumps([3, call[1], {"status": "Accepted"}]))
    thread.join(20 * SLOW)
    equal(box[0].status, 200, "status")


@case
def an_answer_against_its_schema_is_told_as_it_is(server):
    identity, station = connected(server, V16)
    station.on["ClearCache"] = {"status": "Perhaps", "extra": 1}
    reply = server.rest("POST", f"stations/{identity}/commands/clear_cache", {})
    expect(reply.status in (200, 502), "status", reply.status)
    if reply.status == 200:
        equal((reply.json["result"], reply.json["answer"]["status"]), ("other", "Perhaps"), "answer")


if __name__ == "__main__":
    run()
