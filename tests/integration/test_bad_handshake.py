#!/usr/bin/env python3
"""Bad input before there is a connection: passwords, paths, subprotocols, HTTP heads (B01-B13)."""
from bad_input import *


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


if __name__ == "__main__":
    run()
