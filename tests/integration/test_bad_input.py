#!/usr/bin/env python3
"""Bad input, by the names of the registry B01-B39: each case has its expected answer, the process and the neighbours
survive, and nothing wrong is stored as right."""
import zlib

from harness import *
from ocpp import *

FACT = "a fact is answered with a CALLRESULT whatever it holds"


def world(server):
    """A neighbour whose connection must not be disturbed by any case, and a token."""
    if not hasattr(server, "neighbour") or server.neighbour.ended:
        if server.rest("GET", "stations/NEIGHBOUR").status == 404:
            server.add_station("NEIGHBOUR")
            server.add_token("GOOD")
        server.neighbour = Station(server.ocpp, "NEIGHBOUR", protocols=[V201])
        server.neighbour.boot()
    return server.neighbour


def undisturbed(server):
    expect("currentTime" in server.neighbour.call("Heartbeat"), "the neighbour's heartbeat")
    equal(server.rest("GET", "/healthz", key=False).status, 200, "healthz")


def ensure(server, identity, **more):
    if server.rest("GET", f"stations/{identity}").status == 404:
        server.add_station(identity, **more)


def handshake(server, identity, **options):
    """The HTTP status of a handshake, 101 when it succeeded."""
    try:
        station = Station(server.ocpp, identity, **options)
        station.drop()
        return 101
    except Refused as refused:
        return refused.status


def connect(server, identity, version):
    world(server)
    ensure(server, identity)
    station = server.station(identity, version, add=False)
    station.boot()
    return station


# -------------------------------------------------------------------------------------- the handshake


@table([
    ("B01 no Authorization", {"auth": False}, 401),
    ("B01 an empty Authorization", {"headers": {"Authorization": ""}}, 401),
    ("B01 a Bearer token", {"headers": {"Authorization": "Bearer abc"}}, 401),
    ("B01 Basic without base64", {"headers": {"Authorization": "Basic !!!"}}, 401),
    ("B01 Basic without a colon", {"headers": {"Authorization": "Basic " + base64.b64encode(b"BAD-1").decode()}}, 401),
    ("B01 100 kB of Authorization", {"headers": {"Authorization": "Basic " + "QUFB" * 25000}}, (400, 401, 431)),
    ("B02 the user is not the identity of the path", {"headers": {"Authorization": basic("NEIGHBOUR", PASSWORD)}}, 401),
    ("B02 the user in another case", {"headers": {"Authorization": basic("bad-1", PASSWORD)}}, 401),
    ("B03 a wrong password", {"password": "not-the-password-1"}, 401),
    ("B03 an empty password", {"password": ""}, 401),
    ("B03 the password and one byte more", {"password": PASSWORD + "x"}, 401),
    ("B03 the beginning of the password", {"password": PASSWORD[:16]}, 401),
    ("B03 the right password", {}, 101),
    ("B05 the password as upper-case hex of its bytes", {"password": PASSWORD.encode().hex().upper()}, 101),
    ("B05 the password as lower-case hex of its bytes", {"password": PASSWORD.encode().hex()}, 101),
    ("B12 Sec-WebSocket-Version 12", {"headers": {"Sec-WebSocket-Version": "12"}}, (400, 426)),
    ("B12 no Sec-WebSocket-Key", {"headers": {"Sec-WebSocket-Key": None}}, 400),
    ("B12 a short Sec-WebSocket-Key", {"headers": {"Sec-WebSocket-Key": "YWJj"}}, 400),
    ("B12 no Upgrade", {"headers": {"Upgrade": None}}, (400, 404, 426)),
    ("B13 nonsense in the deflate offer", {"headers": {"Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=99; client_max_window_bits=x"}}, (101, 400)),
    ("B13 an unknown extension", {"headers": {"Sec-WebSocket-Extensions": "x-webkit-frob"}}, 101),
])
def a_handshake_is_answered(server, options, status):
    world(server)
    ensure(server, "BAD-1")
    got = handshake(server, "BAD-1", **options)
    expect(got in (status if isinstance(status, tuple) else (status,)), f"HTTP {got}, want {status}")
    undisturbed(server)


@table([("B04 a password with colons", "pass:word:with:colons:"), ("B04 a password in UTF-8", "pässwörd-ünïcödé"),
        ("B04 a password with spaces and quotes", "a \"b\" 'c' <d> &e; f")])
def a_strange_password_works(server, password):
    world(server)
    identity = "PW-" + hashlib.sha1(password.encode()).hexdigest()[:8]
    made = server.rest("POST", "stations", {"id": identity, "password": password})
    if made.status == 422 and not password.isascii():
        equal(made.json["field"], "password", "a password that cannot be is refused by name")
        return
    equal(made.status, 201, "status")
    equal(handshake(server, identity, password=password), 101, "status with the password")
    equal(handshake(server, identity, password=password[:-1] + "#"), 401, "status with another")


@table([
    ("B06 49 characters", "/ocpp/" + "x" * 49), ("B06 5,000 characters", "/ocpp/" + "x" * 5000), ("B06 a colon", "/ocpp/A%3AB"),
    ("B06 a slash", "/ocpp/A%2FB"), ("B06 dots", "/ocpp/%2e%2e"), ("B06 dots as they are", "/ocpp/../secret"), ("B06 NUL", "/ocpp/A%00"),
    ("B06 CR LF", "/ocpp/A%0d%0aSet-Cookie%3a%20x"), ("B06 overlong UTF-8", "/ocpp/%c0%af"), ("B06 bad UTF-8", "/ocpp/%ff%fe"),
    ("B06 a cut escape", "/ocpp/A%4"), ("B06 no hex in an escape", "/ocpp/A%zz"), ("B06 nothing", "/ocpp/"), ("B06 the root", "/"),
    ("B06 HTML", "/ocpp/%3Csvg%20onload%3D1%3E"), ("B06 SQL", "/ocpp/'%20OR%201%3D1--"), ("B06 another case", "/ocpp/bad-2"),
    ("B07 an unknown identity", "/ocpp/NOT-KNOWN"),
])
def an_identity_that_is_none_is_refused(server, path):
    world(server)
    ensure(server, "BAD-2")
    got = handshake(server, "BAD-2", path=path, headers={"Authorization": basic("BAD-2", PASSWORD)})
    expect(got in (400, 401, 404, 414), f"HTTP {got}")
    undisturbed(server)
    for entry in server.items("inbox?limit=1000"):
        expect(len(entry["identity"]) <= 48 and not set(entry["identity"]) & set(":/<>'\r\n\0"), "in the inbox:", entry)


@table([("the last segment counts", "/ocpp/BAD-3", 101), ("a bare identity works", "/BAD-3", 101), ("percent-decoding works", "/ocpp/%42AD-3", 101),
        ("a query does not matter", "/ocpp/BAD-3?x=1", 101)])
def a_path_names_a_station(server, path, status):
    ensure(server, "BAD-3")
    equal(handshake(server, "BAD-3", path=path), status, "status")


@table([
    ("B08 no subprotocol is 1.6", [], None, None), ("B08 an unknown one is closed at once", ["ocpp9.9"], None, "closed"),
    ("B08 soap", ["ocpp1.5", "soap"], None, "closed"),
    ("B09 the first of the station's list wins", [V21, V201, V16], V21, None), ("B09 the first of the station's list wins", [V16, V21], V16, None),
    ("B09 an unknown one is skipped", ["ocpp9.9", V201], V201, None), ("B09 case matters not to break it", ["OCPP1.6"], (None, "OCPP1.6", V16), "either"),
])
def a_subprotocol_is_chosen(server, offered, chosen, end):
    world(server)
    identity = "SUB-" + hashlib.sha1(repr(offered).encode()).hexdigest()[:6]
    ensure(server, identity)
    station = Station(server.ocpp, identity, protocols=offered)
    expect(station.subprotocol in (chosen if isinstance(chosen, tuple) else (chosen,)), f"subprotocol {station.subprotocol}, want {chosen}")
    if end == "closed":
        code = station.wait_closed(5)
        expect(code in (1002, 1000, 1003, 1008, 1010), "close code", code)
    elif end is None:
        station.boot()
    station.drop()
    undisturbed(server)


@case
def B10_an_origin_header_opens_nothing_without_the_password(server):
    world(server)
    ensure(server, "BAD-4")
    equal(handshake(server, "BAD-4", auth=False, headers={"Origin": "https://evil.example"}), 401, "status")


def raw_http(address, data, seconds=5):
    with socket.create_connection(address, timeout=seconds * SLOW) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(data)
        got = b""
        with contextlib.suppress(OSError):
            while part := sock.recv(65536):
                got += part
        return got


def status_of(raw):
    return int(raw.split(b" ", 2)[1]) if raw.startswith(b"HTTP/1.1 ") else 0


@table([
    ("B11 10,000 headers", b"".join(b"X-%d: v\r\n" % n for n in range(10000)), (400, 431)),
    ("B11 a header of 1 MB", b"X: " + b"v" * 1_000_000 + b"\r\n", (400, 431)),
    ("B11 Transfer-Encoding and Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", (400,)),
    ("B11 two Content-Lengths", b"Content-Length: 5\r\nContent-Length: 6\r\n", (400,)),
    ("B11 a negative Content-Length", b"Content-Length: -1\r\n", (400,)),
    ("B11 a header without a colon", b"nonsense\r\n", (400,)),
    ("B11 a folded header", b"X: a\r\n b\r\n", (400, 401, 426)),
    ("B11 NUL in a header", b"X: a\0b\r\n", (400,)),
])
def a_bad_http_head_is_refused(server, headers, statuses):
    world(server)
    for address, path in ((server.http, b"/api/v1/stations"), (server.ocpp, b"/ocpp/BAD-1")):
        raw = raw_http(address, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + b"\r\n", 15)
        expect(status_of(raw) in statuses or raw == b"" and 431 in statuses, f"answer {raw[:80]!r}, want one of {statuses}")
    undisturbed(server)


@case
def B11_pipelined_requests_are_answered_in_their_order(server):
    world(server)
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    raw = raw_http(server.http, one + one + last, 10)
    statuses = [int(part.split(b" ")[0]) for part in raw.split(b"HTTP/1.1 ")[1:]]
    expect(statuses[:2] == [200, 200] and len(statuses) == 3 and statuses[2] in (401, 404), "statuses", statuses)


@case
def B11_slow_heads_are_ended_and_hold_nobody_up(server):
    world(server)
    slow = [socket.create_connection(server.ocpp if n % 2 else server.http, timeout=90 * SLOW) for n in range(40)]
    for sock in slow:
        sock.sendall(b"GET /ocpp/BAD-1 HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    undisturbed(server)
    began, ended = time.monotonic(), 0
    for sock in slow:
        with contextlib.suppress(OSError):
            sock.settimeout(max(0.1, 60 * SLOW - (time.monotonic() - began)))
            while sock.recv(1000):
                pass
            ended += 1
        sock.close()
    equal(ended, 40, f"slow connections that were ended within {time.monotonic() - began:.0f} s")


@case
def B12_http_2_is_refused(server):
    world(server)
    raw = raw_http(server.ocpp, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
    expect(not raw.startswith(b"HTTP/1.1 101"), raw[:80])
    undisturbed(server)


# ------------------------------------------------------------------------------------------- WebSocket


def text_frames(station, *frames):
    for opcode, payload, options in frames:
        station.send_frame(opcode, payload, **options)


HEARTBEAT = b'[2,"h1","Heartbeat",{}]'


@table([
    ("B13 an unmasked frame", [(TEXT, HEARTBEAT, {"mask": False})], 1002),
    ("B13 reserved bit 1 without deflate", [(TEXT, HEARTBEAT, {"rsv": 4})], 1002),
    ("B13 reserved bit 2", [(TEXT, HEARTBEAT, {"rsv": 2})], 1002),
    ("B13 reserved bit 3", [(TEXT, HEARTBEAT, {"rsv": 1})], 1002),
    ("B13 reserved opcode 3", [(3, b"", {})], 1002), ("B13 reserved opcode 7", [(7, b"", {})], 1002),
    ("B13 reserved opcode 11", [(11, b"", {})], 1002), ("B13 reserved opcode 15", [(15, b"", {})], 1002),
    ("B13 a ping of 126 bytes", [(PING, b"x" * 126, {})], 1002), ("B13 a fragmented ping", [(PING, b"x", {"fin": False})], 1002),
    ("B13 a continuation without a start", [(0, b"x", {})], 1002), ("B13 a start within a message", [(TEXT, b"[", {"fin": False}), (TEXT, b"]", {})], 1002),
    ("B13 bad UTF-8", [(TEXT, b'["\xff"]', {})], 1007), ("B13 UTF-8 that ends early", [(TEXT, b'["\xe2\x82', {})], 1007),
    ("B13 bad UTF-8 over a fragment border", [(TEXT, b'["\xe2\x82', {"fin": False}), (0, b'\x20"]', {})], 1007),
    ("B13 a surrogate in UTF-8", [(TEXT, b'["\xed\xa0\x80"]', {})], 1007), ("B13 overlong UTF-8", [(TEXT, b'["\xc0\xaf"]', {})], 1007),
    ("B13 a binary frame", [(BINARY, HEARTBEAT, {})], 1003),
    ("B13 a length of 2^63", [(TEXT, b"", {"length": 1 << 63})], (1002, 1009)), ("B13 a length of 2^62", [(TEXT, b"", {"length": 1 << 62})], 1009),
    ("B13 2 MiB", [(TEXT, b"[" + b" " * (2 << 20) + b"]", {})], 1009),
    ("B13 2 MiB in pieces", [(TEXT, b"[", {"fin": False})] + [(0, b" " * 65536, {"fin": False})] * 32 + [(0, b"]", {})], 1009),
    ("B13 a close frame of one byte", [(CLOSE, b"x", {})], 1002), ("B13 bad UTF-8 in a close reason", [(CLOSE, b"\x03\xe8\xff", {})], (1002, 1007)),
    *[(f"B13 close code {code}", [(CLOSE, struct.pack("!H", code), {})], 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 65535)],
    *[(f"B13 close code {code}, which is a good one", [(CLOSE, struct.pack("!H", code), {})], (code, 1000)) for code in (1000, 1001, 3000, 4999)],
])
def a_broken_frame_closes_the_connection(server, frames, code):
    station = connect(server, "WS-1", V16)
    with contextlib.suppress(OSError):
        text_frames(station, *frames)
    got = station.wait_closed(10)
    expect(got in (code if isinstance(code, tuple) else (code,)), f"close code {got}, want {code}")
    undisturbed(server)


@table([
    ("B13 a ping within a fragmented message", [(TEXT, HEARTBEAT[:9], {"fin": False}), (PING, b"p", {}), (0, HEARTBEAT[9:], {})]),
    ("B13 fragments of one byte", [(TEXT, HEARTBEAT[:1], {"fin": False})] + [(0, HEARTBEAT[n:n + 1], {"fin": n == len(HEARTBEAT) - 1}) for n in range(1, len(HEARTBEAT))]),
    ("B13 empty fragments", [(TEXT, b"", {"fin": False}), (0, b"", {"fin": False}), (0, HEARTBEAT, {})]),
    ("B13 an unasked pong", [(PONG, b"x" * 125, {}), (TEXT, HEARTBEAT, {})]),
    ("B13 a flood of 3,000 pings", [(PING, b"p", {})] * 3000 + [(TEXT, HEARTBEAT, {})]),
])
def strange_but_right_frames_are_taken(server, frames):
    station = connect(server, "WS-2", V16)
    text_frames(station, *frames)
    expect("currentTime" in station.answer_to("h1"), "the heartbeat")
    undisturbed(server)


@case
def B13_a_million_fragments_of_one_byte_cost_little(server):
    station = connect(server, "WS-3", V16)
    piece = struct.pack("!BB", 0x00, 0x81) + b"\0\0\0\0" + b" "
    with contextlib.suppress(OSError):
        station.send_frame(TEXT, b"[", fin=False)
        for _ in range(100):
            station.send_raw(piece * 10000)
        station.send_frame(0, b"]")
    undisturbed(server)
    station.drop()


@case
def B13_a_deflate_bomb_is_1009(server):
    world(server)
    ensure(server, "WS-4")
    station = server.station("WS-4", V16, add=False, deflate=True)
    expect("permessage-deflate" in station.head.get("sec-websocket-extensions", ""), "deflate is offered back:", station.head)
    station.boot()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"[" + b" " * (64 << 20) + b"]") + packer.flush(zlib.Z_SYNC_FLUSH)
    station.send_frame(TEXT, bomb[:-4], rsv=4)
    equal(station.wait_closed(20), 1009, "close code")
    undisturbed(server)


@case
def B13_what_is_not_deflate_closes(server):
    world(server)
    ensure(server, "WS-5")
    station = server.station("WS-5", V16, add=False, deflate=True)
    station.send_frame(TEXT, b"\xff\xff\xff\xff", rsv=4)
    expect(station.wait_closed(10) in (1002, 1007), "close code", station.close_code)
    undisturbed(server)


@case
def a_deflated_message_is_read(server):
    world(server)
    ensure(server, "WS-6")
    station = server.station("WS-6", V16, add=False, deflate=True)
    for n in range(3):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(f'[2,"z{n}","Heartbeat",{{}}]'.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
        station.send_frame(TEXT, packed[:-4], rsv=4)
        expect("currentTime" in station.answer_to(f"z{n}"), "heartbeat", n)


@case
def B14_eighty_reconnects_in_a_row_lock_nobody_out(server):
    world(server)
    ensure(server, "RE-1")
    for n in range(80):
        station = Station(server.ocpp, "RE-1", protocols=[V16])
        station.close()
    connect(server, "RE-1", V16)
    undisturbed(server)


@case
def B14_a_station_that_never_boots_has_its_facts_taken(server):
    world(server)
    ensure(server, "NOBOOT-1")
    station = server.station("NOBOOT-1", V16, add=False)
    charge = Charge(station, "GOOD", meter=0)
    charge.stop(50)
    equal([s["energy_wh"] for s in server.sessions("NOBOOT-1")], [50], "sessions")
    station.wait_call("TriggerMessage", 20)


@case
def B14_a_station_that_reads_nothing_holds_nobody_up(server):
    world(server)
    ensure(server, "DEAF-1")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(5)
    sock.connect(server.ocpp)
    sock.sendall(("GET /ocpp/DEAF-1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Protocol: ocpp1.6\r\n"
                  f"Authorization: {basic('DEAF-1', PASSWORD)}\r\n\r\n").encode())
    frame = b'[2,"%d","Heartbeat",{}]'
    with contextlib.suppress(OSError):
        for n in range(200000):
            body = frame % n
            sock.sendall(bytes([0x81, 0x80 | len(body), 0, 0, 0, 0]) + body)
    undisturbed(server)
    sock.close()


# ---------------------------------------------------------------------------------------- the RPC frame

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


# --------------------------------------------------------------------------------------------- payloads

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
