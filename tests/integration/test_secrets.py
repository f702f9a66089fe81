#!/usr/bin/env python3
"""A station's secrets: what it answers, what it is told and what it reports of its own is kept without them, wherever it is shown (rules.md: secrets)."""
from harness import *
from ocpp import *

SECRET = "needle-5ecret-0123"  # 18 bytes
HEX = SECRET.encode().hex().upper()


class Tail:
    """The live log of one station: text of the event stream."""

    def __init__(self, server, station):
        self.text, self.connection = "", http.client.HTTPConnection(*server.http, timeout=30 * SLOW)
        self.connection.request("GET", f"/api/v1/events?topics=message,station.*,command.*&station={station}", headers={"Authorization": "Bearer " + server.key})
        self.response = self.connection.getresponse()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(Exception):
            for raw in self.response:
                self.text += raw.decode()


def nowhere(server, identity, tail, *needles):
    """Nothing that is shown of the station has it."""
    shown = {"messages": server.rest("GET", f"stations/{identity}/messages?limit=1000").text, "variables": server.rest("GET", f"stations/{identity}/variables").text,
             "audit": server.rest("GET", "audit?limit=1000").text, "review": server.rest("GET", "review?limit=1000").text, "events": tail.text, "stderr": server.log(),
             "station": server.rest("GET", f"stations/{identity}").text}
    for place, text in shown.items():
        for needle in needles:
            expect(needle.lower() not in text.lower(), f"{place} has {needle}: …{text[max(0, text.lower().find(needle.lower()) - 200):][:300]}")
    return shown


def followed(server, identity, version):
    station = server.station(identity, version, boot=True)
    tail = Tail(server, identity)
    return station, tail


def hidden_in(server, identity, action):
    """The frames of this action, as the log has them."""
    frames = [m["frame"] for m in server.items(f"stations/{identity}/messages?limit=1000") if m.get("action") == action]
    return json.dumps(frames)


@case
def what_a_1_6_station_answers_of_its_configuration(server):
    station, tail = followed(server, "SEC-16", V16)
    station.on["GetConfiguration"] = {"configurationKey": [
        {"readonly": False, "value": HEX, "key": "AuthorizationKey"}, {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "WifiPassword", "readonly": False, "value": SECRET}], "unknownKey": ["Nothing"]}
    done = server.post("stations/SEC-16/commands/get_configuration", {}, status=200)
    values = {k["key"]: k["value"] for k in done["answer"]["configurationKey"]}
    equal(values, {"AuthorizationKey": "(hidden)", "HeartbeatInterval": "300", "WifiPassword": "(hidden)"}, "what the caller is shown")
    server.post("stations/SEC-16/calls", {"action": "GetConfiguration", "payload": {"key": ["AuthorizationKey"]}}, status=200)
    eventually(lambda: "(hidden)" in tail.text, "the live log")
    shown = nowhere(server, "SEC-16", tail, HEX, SECRET)
    expect("(hidden)" in shown["messages"] and "HeartbeatInterval" in shown["messages"], "the rest of the frame is there")
    equal({v["name"]: v["value"] for v in server.items("stations/SEC-16/variables")}["HeartbeatInterval"], "300", "variables")


@case
def what_a_1_6_station_is_told(server):
    station, tail = followed(server, "SEC-16-SET", V16)
    station.on["ChangeConfiguration"] = {"status": "Accepted"}
    server.post("stations/SEC-16-SET/commands/set_configuration", {"values": {"AuthorizationKey": HEX, "HeartbeatInterval": "60"}}, status=200)
    server.post("stations/SEC-16-SET/calls", {"action": "ChangeConfiguration", "payload": {"key": "AuthorizationKey", "value": HEX}}, status=200)
    equal([c[3]["value"] for c in station.calls if c[2] == "ChangeConfiguration"], [HEX, "60", HEX], "what it was told")
    eventually(lambda: tail.text.count("(hidden)") >= 2, "the live log")
    shown = nowhere(server, "SEC-16-SET", tail, HEX, SECRET)
    expect('"HeartbeatInterval"' in shown["audit"] or "HeartbeatInterval" in shown["audit"], "the audit has what was set")


@case
def what_a_2_0_1_station_is_told_and_answers(server):
    station, tail = followed(server, "SEC-201", V201)
    name = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    station.on["SetVariables"] = {"setVariableResult": [{"attributeStatus": "Accepted", **name}]}
    station.on["GetVariables"] = {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": SECRET, **name}]}
    station.on["SetNetworkProfile"] = {"status": "Accepted"}
    server.post("stations/SEC-201/commands/set_configuration", {"values": {"SecurityCtrlr.BasicAuthPassword": SECRET}}, status=200)
    answer = server.post("stations/SEC-201/calls", {"action": "GetVariables", "payload": {"getVariableData": [name]}}, status=200)["answer"]
    equal(answer["getVariableResult"][0]["attributeValue"], "(hidden)", "what the caller is shown")
    profile = {"configurationSlot": 1, "connectionData": {
        "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://example.com/ocpp", "messageTimeout": 30, "securityProfile": 2, "ocppInterface": "Wireless0",
        "apn": {"apn": "internet", "apnUserName": "user", "apnPassword": SECRET, "simPin": 271828, "apnAuthentication": "AUTO"},
        "vpn": {"server": "vpn.example.com", "user": "user", "password": SECRET, "key": SECRET, "type": "IKEv2"}}}
    server.post("stations/SEC-201/calls", {"action": "SetNetworkProfile", "payload": profile}, status=200)
    equal([c[3] for c in station.calls if c[2] == "SetNetworkProfile"], [profile], "what it was told")
    station.call("NotifyReport", {"requestId": 7, "generatedAt": utc(), "seqNo": 0, "reportData": [
        {"variableAttribute": [{"value": SECRET, "mutability": "ReadWrite"}], **name},
        {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}, "variableAttribute": [{"value": "300"}]}]})
    station.call("DataTransfer", {"vendorId": "ACME", "data": json.dumps({"wifi": {"Passphrase": SECRET}})})
    eventually(lambda: "DataTransfer" in tail.text, "the live log")
    nowhere(server, "SEC-201", tail, SECRET, "271828")
    expect("wss://example.com/ocpp" in hidden_in(server, "SEC-201", "SetNetworkProfile"), "the rest of the frame is there")


@case
def a_frame_that_cannot_be_read(server):
    station, tail = followed(server, "SEC-BAD", V201)
    station.send_text('[2,"x","NotifyReport",{"AuthorizationKey":"' + HEX + '"')
    station.send_text('[2,"y","Heartbeat",{"password":"' + SECRET + '"}]')
    eventually(lambda: len(server.items("stations/SEC-BAD/messages")) >= 6, "both are in the log")
    nowhere(server, "SEC-BAD", tail, HEX, SECRET)


if __name__ == "__main__":
    run()
