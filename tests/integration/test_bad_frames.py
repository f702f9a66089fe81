#!/usr/bin/env python3
"""Bad input in RPC frames: what is no call, ids, answers to nobody (B20-B27)."""
from bad_input import *


IGNORED, MINUS_ONE = "ignored", "-1"


def outcome(station, text, id):
    """What a frame leads to: 'ignored', '-1 CODE', 'error CODE', 'result' or 'closed CODE'.

    A heartbeat behind it tells when the server is done with it."""
    before = len(station.received)
    station.send_text(text)
    probe = station.send_call("Heartbeat", {})
    try:
        station.answer_to(probe, 20)
    except Gone:
        return f"closed {station.close_code}"
    frames = [json.loads(t) for t in station.received[before:]]
    frames = [f for f in frames if f[1] != probe and f[0] in (3, 4)]
    if not frames:
        return IGNORED
    frame = frames[0]
    if frame[0] == 3:
        return "result" if frame[1] == id else f"result to {frame[1]!r}"
    equal(len(frame), 5, f"members of a CALLERROR: {frame}")
    expect(isinstance(frame[3], str) and len(frame[3]) <= 255, f"description of {len(frame[3])} characters")
    expect(isinstance(frame[4], dict), "details are an object:", frame)
    return f"-1 {frame[2]}" if frame[1] == "-1" else f"error {frame[2]}" if frame[1] == id else f"error to {frame[1]!r}"


# name, frame, allowed outcomes in 1.6, allowed outcomes in 2.x
NO_JSON = ([IGNORED], ["-1 RpcFrameworkError"])
FRAMES = [
    ("B20 no JSON", "hello", *NO_JSON), ("B20 nothing", "", *NO_JSON), ("B20 a blank", " ", *NO_JSON), ("B20 truncated", '[2,"x","Heartbeat",{', *NO_JSON),
    ("B20 NaN", '[2,"x","Heartbeat",{"a":NaN}]', *NO_JSON), ("B20 Infinity", '[2,"x","Heartbeat",{"a":Infinity}]', *NO_JSON),
    ("B20 a trailing comma", '[2,"x","Heartbeat",{},]', *NO_JSON), ("B20 single quotes", "[2,'x','Heartbeat',{}]", *NO_JSON),
    ("B20 a comment", '[2,"x","Heartbeat",{}]//', *NO_JSON), ("B20 trailing bytes", '[2,"x","Heartbeat",{}]]', *NO_JSON),
    ("B20 two frames in one", '[2,"x","Heartbeat",{}][2,"y","Heartbeat",{}]', *NO_JSON), ("B20 a byte order mark", '\ufeff[2,"x","Heartbeat",{}]', *NO_JSON),
    ("B20 NUL", '[2,"x","Heart\0beat",{}]', *NO_JSON), ("B20 a line break in a string", '[2,"x","Heart\nbeat",{}]', *NO_JSON),
    ("B20 a number with a leading zero", '[02,"x","Heartbeat",{}]', *NO_JSON), ("B20 a bad escape", '[2,"x","\\q",{}]', *NO_JSON),
    ("B21 an object", "{}", *NO_JSON), ("B21 a string", '"[2]"', *NO_JSON), ("B21 a number", "2", *NO_JSON), ("B21 null", "null", *NO_JSON),
    ("B21 an empty array", "[]", *NO_JSON), ("B21 the type as text", '["2","x","Heartbeat",{}]', *NO_JSON), ("B21 no type", '[null,"x","Heartbeat",{}]', *NO_JSON),
    ("B21 type 0", '[0,"x","Heartbeat",{}]', [IGNORED], [IGNORED]), ("B21 type 1", '[1,"x","Heartbeat",{}]', [IGNORED], [IGNORED]),
    ("B21 type 7", '[7,"x","Heartbeat",{}]', [IGNORED], [IGNORED]), ("B21 type 99999999999", '[99999999999,"x","Heartbeat",{}]', [IGNORED], [IGNORED, "-1 RpcFrameworkError"]),
    ("B21 type 2.0", '[2.0,"x","Heartbeat",{}]', ["result", IGNORED], ["result", IGNORED, "-1 RpcFrameworkError"]),
    ("B21 three members", '[2,"x","Heartbeat"]', [IGNORED, "error FormationViolation"], ["-1 RpcFrameworkError", "error RpcFrameworkError", "error FormatViolation"]),
    ("B21 two members", '[2,"x"]', [IGNORED, "error FormationViolation"], ["-1 RpcFrameworkError", "error RpcFrameworkError", "error FormatViolation"]),
    ("B21 six members", '[2,"x","Heartbeat",{},1,2]', [IGNORED, "error FormationViolation", "result"], ["-1 RpcFrameworkError", "error RpcFrameworkError", "error FormatViolation", "result"]),
    ("B21 a payload that is an array", '[2,"x","Heartbeat",[]]', ["error FormationViolation", "error TypeConstraintViolation", IGNORED], ["error FormatViolation", "error TypeConstraintViolation", "error RpcFrameworkError", "-1 RpcFrameworkError"]),
    ("B21 a payload that is null", '[2,"x","Heartbeat",null]', ["error FormationViolation", "error TypeConstraintViolation", IGNORED, "result"], ["error FormatViolation", "error TypeConstraintViolation", "error RpcFrameworkError", "-1 RpcFrameworkError", "result"]),
    ("B22 an empty id", '[2,"","Heartbeat",{}]', [IGNORED, "result to ''"], ["-1 RpcFrameworkError", "result to ''"]),
    ("B22 an id that is a number", '[2,5,"Heartbeat",{}]', [IGNORED], ["-1 RpcFrameworkError"]),
    ("B22 an id that is null", '[2,null,"Heartbeat",{}]', [IGNORED], ["-1 RpcFrameworkError"]),
    ("B22 an id that is an object", '[2,{"a":1},"Heartbeat",{}]', [IGNORED], ["-1 RpcFrameworkError"]),
    ("B22 an action that is a number", '[2,"x",5,{}]', [IGNORED, "error FormationViolation"], ["-1 RpcFrameworkError", "error RpcFrameworkError", "error FormatViolation"]),
    ("B23 an unknown action", '[2,"x","Frobnicate",{}]', ["error NotImplemented"], ["error NotImplemented"]),
    ("B23 an action in another case", '[2,"x","heartbeat",{}]', ["error NotImplemented"], ["error NotImplemented"]),
    ("B23 an empty action", '[2,"x","",{}]', ["error NotImplemented", "error FormationViolation"], ["error NotImplemented", "error FormatViolation", "error RpcFrameworkError"]),
    ("B23 an action of the server", '[2,"x","Reset",{"type":"Hard"}]', ["error NotImplemented", "error NotSupported"], ["error NotImplemented", "error NotSupported"]),
    ("B24 a result for an unknown id", '[3,"nobody",{}]', [IGNORED], [IGNORED]), ("B24 an error for an unknown id", '[4,"nobody","InternalError","",{}]', [IGNORED], [IGNORED]),
    ("B24 a result without a payload", '[3,"nobody"]', [IGNORED], [IGNORED, "-1 RpcFrameworkError"]), ("B24 a result with a number as id", '[3,5,{}]', [IGNORED], [IGNORED, "-1 RpcFrameworkError"]),
    ("B24 an error without members", '[4]', [IGNORED], [IGNORED, "-1 RpcFrameworkError"]), ("B24 an error to -1", '[4,"-1","RpcFrameworkError","",{}]', [IGNORED], [IGNORED]),
    ("B24 CALLRESULTERROR for an unknown id", '[5,"nobody","InternalError","",{}]', [IGNORED], [IGNORED]),
    ("B24 SEND is never answered", '[6,"x","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-01-01T00:00:00Z","data":[{"t":0,"v":"1"}]}]', [IGNORED], [IGNORED]),
    ("B24 SEND of nonsense is not answered either", '[6,"x","Frobnicate",5]', [IGNORED], [IGNORED]),
    ("B26 an action of 100,000 characters", '[2,"x","' + "A" * 100000 + '",{}]', ["error NotImplemented", IGNORED], ["error NotImplemented", "error FormatViolation", "-1 RpcFrameworkError", "error RpcFrameworkError"]),
    ("B26 an action of quotes", '[2,"x","' + '\\"' * 300 + '",{}]', ["error NotImplemented", IGNORED], ["error NotImplemented", "error FormatViolation", "-1 RpcFrameworkError", "error RpcFrameworkError"]),
    ("B26 an unknown field with a long name", '[2,"x","Heartbeat",{"' + "é" * 5000 + '":1}]', ["error FormationViolation", "error PropertyConstraintViolation", "error OccurenceConstraintViolation", "result"], ["error FormatViolation", "error PropertyConstraintViolation", "error OccurrenceConstraintViolation", "result"]),
]


@table([(f"{name} in {version}", version, text, allowed16 if version == V16 else allowed2x)
        for name, text, allowed16, allowed2x in FRAMES for version in VERSIONS])
def a_strange_frame_is_answered(server, version, text, allowed):
    station = connect(server, "RPC-" + version[4:].replace(".", ""), version)
    got = outcome(station, text, "x")
    expect(got in allowed, f"{got!r}, want one of {allowed}")
    undisturbed(server)


@table([(f"{name} in {version}", version, text) for version in VERSIONS for name, text in [
    ("B20 100,000 levels", '[2,"x","Heartbeat",{"a":' + "[" * 100000 + "]" * 100000 + "}]"),
    ("B20 100,000 levels of nothing else", "[" * 100000), ("B20 100,000 objects", '{"a":' * 100000),
    ("B20 300,000 members", '[2,"x","Heartbeat",{"a":[' + "1," * 300000 + "1]}]"),
    ("B20 the same member twice", '[2,"x","Authorize",{"idTag":"A","idTag":"B"}]'),
    ("B20 1e400", '[2,"x","Heartbeat",{"a":1e400}]'), ("B20 -0", '[2,"x","Heartbeat",{"a":-0}]'), ("B20 2^63", '[2,"x","Heartbeat",{"a":9223372036854775808}]'),
    ("B20 a lone surrogate", '[2,"x","Authorize",{"idTag":"\\ud800"}]'), ("B20 NUL as an escape", '[2,"x","Authorize",{"idTag":"a\\u0000b"}]'),
    ("B22 an id of 37 characters", '[2,"' + "i" * 37 + '","Heartbeat",{}]'), ("B22 an id of 100,000 characters", '[2,"' + "i" * 100000 + '","Heartbeat",{}]'),
    ("B22 HTML as an id", '[2,"<svg onload=alert(1)>","Heartbeat",{}]'), ("B22 an id with escapes", '[2,"\\u0000\\n\\"","Heartbeat",{}]')]])
def an_extreme_frame_does_no_harm(server, version, text):
    station = connect(server, "XRPC-" + version[4:].replace(".", ""), version)
    got = outcome(station, text, "x")
    expect(not got.startswith("closed"), "only WebSocket violations, size and rate close a connection:", got)
    undisturbed(server)


@case
def B22_the_id_is_given_back_as_it_came(server):
    station = connect(server, "ID-1", V201)
    for id in ("<svg onload=alert(1)>", "ü€😀", 'a"b\\c/d', " ", "x" * 36):
        station.send_text(json.dumps([2, id, "Heartbeat", {}]))
        expect("currentTime" in station.answer_to(id), "the heartbeat with id", id)


@case
def B25_calls_that_do_not_wait_are_answered_in_their_order(server):
    station = connect(server, "FAST-1", V16)
    ids = [f"f{n}" for n in range(50)]
    for id in ids:
        station.send_call("Heartbeat", {}, id)
    for id in ids:
        station.answer_to(id)
    got = [json.loads(t)[1] for t in station.received if json.loads(t)[1] in ids]
    equal(got, ids, "order of the answers")


@case
def B25_an_old_message_id_is_answered_again(server):
    station = connect(server, "OLD-1", V16)
    station.call("Heartbeat", {}, "same")
    station.send_call("Heartbeat", {}, "same")
    expect("currentTime" in station.answer_to("same", count=2), "second answer")


@case
def B27_a_malformed_frame_is_not_echoed(server):
    station = connect(server, "ECHO-1", V201)
    outcome(station, '[2,"x","Authorize",{"secret-6a1f":', "x")
    expect(not any("secret-6a1f" in t for t in station.received), "echoed:", station.received[-2:])


@case
def B24_an_answer_to_another_connections_call_is_not_taken(server):
    thief, owner = connect(server, "THIEF-1", V16), connect(server, "OWNER-1", V16)
    owner.on["ClearCache"] = lambda payload: None
    box = []
    thread = threading.Thread(target=lambda: box.append(server.rest("POST", "stations/OWNER-1/commands/clear_cache?timeout_s=10", {})))
    thread.start()
    call = owner.wait_call("ClearCache")
    thief.send_text(json.dumps([3, call[1], {"status": "Rejected"}]))
    thief.call("Heartbeat")
    owner.send_text(json.dumps([3, call[1], {"status": "Accepted"}]))
    owner.send_text(json.dumps([3, call[1], {"status": "Rejected"}]))
    thread.join(30 * SLOW)
    equal((box[0].status, box[0].json["result"]), (200, "accepted"), "answer")
    undisturbed(server)


if __name__ == "__main__":
    run()
