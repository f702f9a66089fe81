#!/usr/bin/env python3
"""Bad input in frames of the WebSocket: broken ones, bombs, floods (B13, B14)."""
import zlib

from bad_input import *


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


if __name__ == "__main__":
    run()
