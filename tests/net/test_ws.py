#!/usr/bin/env python3
"""test_ws.py SERVER: handshakes, messages, back-pressure, compression, over real sockets. Prints TAP."""
import concurrent.futures
import re
import socket
import struct
import threading
import time

from harness import *


# --- handshakes -------------------------------------------------------------------------------------------------------


def test_upgrade_errors_have_their_status():
    rows = [
        ("GET / HTTP/1.1\r\nHost: x\r\n", 426),
        ("GET / HTTP/1.1\r\n" + WS_HEAD.replace("Version: 13", "Version: 8"), 426),
        ("GET / HTTP/1.1\r\n" + WS_HEAD.replace("Sec-WebSocket-Version: 13\r\n", ""), 426),
        ("GET / HTTP/1.1\r\n" + WS_HEAD.replace(KEY, "short"), 400),
        ("GET / HTTP/1.1\r\n" + WS_HEAD.replace(f"Sec-WebSocket-Key: {KEY}\r\n", ""), 400),
        ("GET / HTTP/1.1\r\n" + WS_HEAD + f"Sec-WebSocket-Key: {KEY}\r\n", 400),
        ("GET / HTTP/1.1\r\n" + WS_HEAD.replace("Host: x\r\n", ""), 400),
        ("GET / HTTP/1.1\r\n" + WS_HEAD + "Host: y\r\n", 400),
        ("GET / HTTP/1.1\r\n" + WS_HEAD.replace("Connection: Upgrade", "Connection: close"), 400),
        ("POST / HTTP/1.1\r\nContent-Length: 0\r\n" + WS_HEAD, 405),
        ("GET / HTTP/1.0\r\n" + WS_HEAD, 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n", 505),
        ("GET / HTTP/2.0\r\nHost: x\r\n", 505),
        ("GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : x\r\n", 400),
        ("GET /\r\nHost: x\r\n", 505),
        ("complete nonsense\r\n", 400),
        ("\x16\x03\x01\x02\x00\x01\x00\x01", 400),
    ]
    with server("ocpp=127.0.0.1:0") as at:
        for text, want in rows:
            sock = at.connect("ocpp")
            sock.sendall(text.encode("latin-1") + b"\r\n")
            status, head, _ = answer(sock)
            true(status == want, (text, status))
            true("Sec-WebSocket-Version: 13" in head or status != 426, head)
            same(until(sock, None), b"")
            sock.close()


def test_a_handshake_is_answered_as_rfc_6455_says():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at)
        same(ws.status, 101)
        true("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in ws.head, ws.head)
        true("Sec-WebSocket-Protocol: ocpp1.6" in ws.head, ws.head)
        true("Extensions" not in ws.head, ws.head)
        same(ws.say("hello"), (0x81, b"hello"))


def test_headers_may_be_written_in_any_case_and_in_lists():
    with server("ocpp=127.0.0.1:0") as at:
        sock = at.connect("ocpp")
        sock.sendall(f"GET /x HTTP/1.1\r\nhost: x\r\nUPGRADE: foo, WebSocket\r\nconnection: keep-alive, upgrade\r\n"
                     f"SEC-WEBSOCKET-VERSION: 13\r\nsec-websocket-KEY:   {KEY}  \r\n\r\n".encode())
        same(answer(sock)[0], 101)


def test_the_core_may_refuse():
    with server("ocpp=127.0.0.1:0") as at:
        sock = at.connect("ocpp")
        sock.sendall(f"GET /reject HTTP/1.1\r\n{WS_HEAD}\r\n".encode())
        status, head, body = answer(sock)
        same((status, body), (401, b"who are you?"))
        true("Connection: close" in head, head)
        same(until(sock, None), b"")


def test_without_a_common_subprotocol_it_is_accepted_and_closed():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at, path="/close")
        same(ws.status, 101)
        true("Sec-WebSocket-Protocol" not in ws.head, ws.head)
        same(ws.read()[0], 0x88)
        ws.send(8, b"\x03\xea")
        true(ws.ended())
        at.wait("closed code=1002")


def test_what_is_sent_before_the_answer_is_held_back():
    with server("ocpp=127.0.0.1:0") as at:
        sock = at.connect("ocpp")
        sock.sendall(f"GET /late HTTP/1.1\r\n{WS_HEAD}\r\n".encode() + frame(1, "one") + frame(1, "two"))
        got = until(sock, b"two")
        true(got.endswith(b"\x81\x03one\x81\x03two"), got)


def test_a_peer_that_leaves_before_it_is_accepted_is_told_as_closed():
    with server("ocpp=127.0.0.1:0") as at:
        sock = at.connect("ocpp")
        sock.sendall(f"GET /late HTTP/1.1\r\n{WS_HEAD}\r\n".encode())
        at.wait("^upgrade")
        sock.close()
        at.wait("closed code=1006 why=gone before")


def test_a_head_in_single_bytes_is_read():
    with server("ocpp=127.0.0.1:0") as at:
        sock = at.connect("ocpp")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"GET /a HTTP/1.1\r\n{WS_HEAD}\r\n".encode() + frame(1, "x"):
            sock.sendall(bytes([byte]))
        true(until(sock, b"\x81\x01x").endswith(b"\x81\x01x"))


# --- WebSocket --------------------------------------------------------------------------------------------------------


def test_messages_of_all_sizes_come_back():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at)
        for size in (0, 1, 125, 126, 65535, 65536, 70000, 300000, 1 << 20):
            same(ws.say("m" * size), (0x81, b"m" * size))


def test_many_messages_in_one_write_come_back_in_order():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at)
        ws.sock.sendall(b"".join(frame(1, f"n{i}") for i in range(5000)))
        for i in range(5000):
            same(ws.read(), (0x81, f"n{i}".encode()))


def test_pings_are_answered_and_pongs_told():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at)
        ws.send(9, "abc")
        same(ws.read(), (0x8A, b"abc"))
        ws.send(1, "ping")
        same(ws.read(), (0x89, b"are you there"))
        ws.send(10, "here")
        at.wait("^pong")


def test_violations_close_with_their_code():
    rows = [
        (frame(1, b"\xff"), 1007), (frame(2, b"x"), 1003), (frame(3, b"x"), 1002), (b"\x81\x01x", 1002),
        (frame(0, b"x"), 1002), (frame(9, b"x", fin=False), 1002), (frame(1, b"x", rsv1=True), 1002),
        (b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"\0\0\0\0", 1009), (frame(8, b"\x03"), 1002), (frame(8, b"\x03\xed"), 1002),
    ]
    with server("ocpp=127.0.0.1:0") as at:
        for data, want in rows:
            ws = WebSocket(at)
            ws.sock.sendall(data)
            first, payload = ws.read()
            same((first, struct.unpack(">H", payload[:2])[0]), (0x88, want))
            true(ws.ended())
        at.wait("closed code=1009 why=message larger than allowed oversize=9223372036854775807")
        at.wait("^closed", count=len(rows))


def test_a_message_above_its_limit_closes_with_1009_and_tells_the_size():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at, path="/small")
        same(ws.say("x" * 1000), (0x81, b"x" * 1000))
        ws.send(1, "x" * 1500)
        same(ws.read()[1][:2], b"\x03\xf1")
        at.wait("closed code=1009.*oversize=1500")


def test_a_close_is_answered_with_its_code():
    with server("ocpp=127.0.0.1:0") as at:
        for code in (1000, 1001, 3000, 4999):
            ws = WebSocket(at)
            ws.send(8, struct.pack(">H", code) + b"bye")
            same(ws.read(), (0x88, struct.pack(">H", code)))
            true(ws.ended())
            at.wait(f"closed code={code} why=closed by the peer")
        ws = WebSocket(at)
        ws.send(8, b"")
        same(ws.read(), (0x88, b""))
        at.wait("closed code=1005")


def test_the_core_closes_and_drops():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at)
        same(ws.say("close:1008"), (0x88, b"\x03\xf0as you wish"))
        ws.send(8, b"\x03\xf0")
        true(ws.ended())
        at.wait("closed code=1008 why=closed by the server")
        ws = WebSocket(at)
        ws.send(1, "drop")
        same(until(ws.sock, None), b"")
        at.wait("closed code=1006 why=dropped")


def test_a_peer_that_is_gone_is_told():
    with server("ocpp=127.0.0.1:0") as at:
        WebSocket(at).sock.close()
        at.wait("closed code=1006 why=connection lost")
        ws = WebSocket(at)
        ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        ws.sock.close()
        at.wait("closed code=1006", count=2)


def test_what_is_paused_waits():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at)
        same(ws.say("pause"), (0x81, b"pause"))
        began = time.monotonic()
        same(ws.say("next"), (0x81, b"next"))
        true(time.monotonic() - began > 0.15, time.monotonic() - began)


def test_when_the_core_is_slow_all_wait_and_nothing_is_lost():
    texts = [(f"{i} ".encode() + b"x" * (200000 if i % 200 == 7 else 1200)) for i in range(4000)]
    with server("--loops", "2", "ocpp=127.0.0.1:0") as at:
        stations = [WebSocket(at) for _ in range(4)]
        stations[0].send(1, "sleep:1500")
        senders = [threading.Thread(target=lambda ws=ws: [ws.send(1, text) for text in texts]) for ws in stations]
        for thread in senders:
            thread.start()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            same(list(pool.map(lambda ws: all(ws.read() == (0x81, text) for text in texts), stations)), [True] * 4)
        for thread in senders:
            thread.join()
        gone = [WebSocket(at) for _ in range(50)]
        stations[0].send(1, "sleep:500")
        for ws in gone:
            ws.sock.sendall(frame(1, "y" * 1200) * 100)
            ws.sock.close()
        at.wait("^closed", seconds=20, count=50)


def test_a_reader_that_reads_nothing_gets_no_endless_queue():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at)
        ws.sock.sendall(frame(1, "big:3000000") * 3)  # at once: what waits in the queue stops the reading
        at.wait("^sent 0")
        ws.sock.close()


def test_a_flood_of_pings_from_one_that_does_not_read_stops_its_reading():
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at)
        flood = frame(9, "p" * 125) * 1000
        ws.sock.setblocking(False)
        sent, still = 0, 0
        while still < 10 and sent < 200 << 20:
            try:
                sent += ws.sock.send(flood[sent % len(flood):])
                still = 0
            except BlockingIOError:
                still += 1
                time.sleep(0.05)
        true(sent < 100 << 20, sent)
        same(WebSocket(at).say("others are served"), (0x81, b"others are served"))


def test_compression_is_agreed_and_used_for_long_messages():
    import zlib
    with server("ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at, extra=DEFLATE)
        true("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
             in ws.head + "\r\n", ws.head)
        for text in (b"ab" * 1000, b"xyz" * 100000):
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
            ws.send(1, packed, rsv1=True)
            first, payload = ws.read()
            same(first, 0xC1)
            same(zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff"), text)
        same(ws.say("short"), (0x81, b"short"))


def test_window_bits_are_agreed_or_declined():
    rows = [
        ("permessage-deflate; server_max_window_bits=10", "; server_max_window_bits=10"),
        ("permessage-deflate; client_max_window_bits", ""),
        ("permessage-deflate; client_max_window_bits=9", ""),
        ("permessage-deflate; server_max_window_bits=\"9\"", "; server_max_window_bits=9"),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; server_max_window_bits=7", None),
        ("permessage-deflate; server_max_window_bits=16", None),
        ("permessage-deflate; server_max_window_bits=08", None),
        ("permessage-deflate; client_max_window_bits=99", None),
        ("permessage-deflate; unknown=1", None),
        ("permessage-deflate; server_no_context_takeover=1", None),
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", None),
        ("permessage-deflate; server_max_window_bits=99, permessage-deflate", ""),
        ("x-webkit-deflate-frame", None),
        ("", None),
    ]
    with server("ocpp=127.0.0.1:0") as at:
        for offer, want in rows:
            ws = WebSocket(at, extra=f"Sec-WebSocket-Extensions: {offer}\r\n")
            same(ws.status, 101)
            found = re.search(r"Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover(.*)", ws.head)
            true((found[1].strip() if found else None) == want, (offer, ws.head))


def test_the_echo_mode_needs_no_core():
    with server("--echo", "--loops", "1", "ocpp=127.0.0.1:0") as at:
        ws = WebSocket(at, extra="Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6\r\n")
        true("Sec-WebSocket-Protocol: ocpp2.0.1" in ws.head, ws.head)
        same(ws.say("e" * 1000), (0x81, b"e" * 1000))


if __name__ == "__main__":
    main(globals())
