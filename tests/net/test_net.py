#!/usr/bin/env python3
"""test_net.py SERVER: the network layer over real sockets. Prints TAP.

SERVER is test_net_server; its head says how its core behaves. Standard library only, and the openssl command for
certificates.
"""
import concurrent.futures
import contextlib
import os
import re
import select
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # of the old TLS that must be refused
SERVER = sys.argv[1]
SLOW = float(os.environ.get("VOLTD_SLOW", "1"))
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
PROXY = b"\r\n\r\n\0\r\nQUIT\n"
WS_HEAD = f"Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


class Server:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([SERVER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.changed = threading.Condition()
        threading.Thread(target=self.collect, daemon=True).start()
        ready = self.wait("^(ready|failed)")
        self.places = dict(part.split("=", 1) for part in ready.split()[1:]) if ready.startswith("ready") else {}

    def collect(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.strip())
                self.changed.notify_all()

    def wait(self, pattern, seconds=5, count=1):
        """The count-th line like this; waits for it."""
        end = time.monotonic() + seconds * SLOW
        with self.changed:
            while True:
                found = [line for line in self.lines if re.search(pattern, line)]
                if len(found) >= count:
                    return found[count - 1]
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no line like {pattern}: {self.lines[-5:]}")
                self.changed.wait(left)

    def say(self, command):
        self.process.stdin.write(command)
        self.process.stdin.flush()

    def connect(self, door, tls=None, timeout=20):
        place = self.places[door]
        if door == "local":
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(timeout * SLOW)
            plain.connect(place)
            return plain
        host, port = place.rsplit(":", 1)
        plain = socket.create_connection((host.strip("[]"), int(port)), timeout * SLOW)
        return tls.wrap_socket(plain, server_hostname="localhost") if tls else plain

    def stop(self):
        self.process.stdin.close()
        status = self.process.wait(10 * SLOW)
        if status:
            raise AssertionError(f"the server ended with {status}: {self.lines[-5:]}")


@contextlib.contextmanager
def server(*arguments):
    it = Server(*arguments)
    try:
        yield it
        it.stop()
    finally:
        it.process.kill()
        it.process.wait()


def until(sock, end, most=1 << 20):
    """Reads until these bytes, or to the end of the stream when they are None."""
    got = b""
    while (end is None or end not in got) and len(got) < most:
        try:
            more = sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            break
        if not more:
            break
        got += more
    return got


def answer(sock):
    """One HTTP answer: status, head, body."""
    got = until(sock, b"\r\n\r\n")
    head, _, body = got.partition(b"\r\n\r\n")
    if not head:
        return 0, "", b""
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        more = sock.recv(1 << 20)
        if not more:
            break
        body += more
    return int(head.split()[1]), head.decode(), body


def frame(opcode, payload, fin=True, rsv1=False, mask=b"\x01\x02\x03\x04"):
    if isinstance(payload, str):
        payload = payload.encode()
    first = (0x80 if fin else 0) | (0x40 if rsv1 else 0) | opcode
    size = len(payload)
    head = bytes([first, 0x80 | size]) if size < 126 else bytes([first, 0xFE]) + struct.pack(">H", size) \
        if size < 65536 else bytes([first, 0xFF]) + struct.pack(">Q", size)
    pattern = (mask * (size // 4 + 1))[:size]
    return head + mask + (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")


class WebSocket:
    def __init__(self, at, door="ocpp", path="/ocpp/A", extra="", tls=None, before=b""):
        self.sock = at.connect(door, tls)
        self.sock.sendall(before + f"GET {path} HTTP/1.1\r\n{WS_HEAD}{extra}\r\n".encode())
        self.left = b""
        head, _, self.left = self.read_head()
        self.head = head.decode()
        self.status = int(self.head.split()[1]) if self.head else 0

    def read_head(self):
        return until(self.sock, b"\r\n\r\n").partition(b"\r\n\r\n")

    def need(self, count):
        while len(self.left) < count:
            more = self.sock.recv(1 << 20)
            if not more:
                raise EOFError
            self.left += more
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def read(self):
        """First byte and payload of the next frame."""
        first, size = self.need(2)
        size = struct.unpack(">H", self.need(2))[0] if size == 126 else struct.unpack(">Q", self.need(8))[0] if size == 127 else size
        return first, self.need(size)

    def send(self, opcode, payload, **style):
        self.sock.sendall(frame(opcode, payload, **style))

    def say(self, text):
        self.send(1, text)
        return self.read()

    def ended(self):
        """Reads to the end; was there one?"""
        try:
            while True:
                self.read()
        except (EOFError, ConnectionResetError, ssl.SSLEOFError):
            return True


def same(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")


def true(what, shown=""):
    if not what:
        raise AssertionError(f"not so: {shown!r}")


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
        for _ in range(3):
            ws.send(1, "big:3000000")
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


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_requests_are_answered_one_after_the_other():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        for i in range(3):
            sock.sendall(f"POST /n{i} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello".encode())
            status, head, body = answer(sock)
            same((status, body), (200, f"POST /n{i} hello".encode()))
            true(re.search(r"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", head), head)
            true("Connection: keep-alive" in head, head)


def test_pipelined_requests_are_answered_in_order():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"".join(f"GET /{i} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for i in range(50)))
        got = b""
        while b"GET /49 " not in got:
            got += sock.recv(65536)
        same([int(n) for n in re.findall(rb"GET /(\d+) ", got)], list(range(50)))


def test_bodies_may_come_in_chunks():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: z\r\n\r\n")
        same(answer(sock)[2], b"PUT /c hello world")
        sock.sendall(b"GET /d HTTP/1.1\r\nHost: x\r\n\r\n")
        same(answer(sock)[2], b"GET /d ")


def test_head_and_old_clients():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n")
        head = until(sock, b"\r\n\r\n")
        true(b"Content-Length: 8" in head and head.endswith(b"\r\n\r\n"), head)
        sock.sendall(b"GET /old HTTP/1.0\r\n\r\n")
        got = until(sock, None)
        true(b"Connection: close" in got and got.endswith(b"GET /old "), got)


def test_a_client_that_asks_gets_its_continue():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        same(until(sock, b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(b"body")
        same(answer(sock)[2], b"POST /e body")
        sock.sendall(b"POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        same(answer(sock)[0], 413)


def test_bad_requests_have_their_status():
    many = "".join(f"X-{i}: y\r\n" for i in range(200))
    rows = [
        ("GET / HTTP/1.1\r\nHost: x\r\nX: " + "y" * 20000 + "\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: x\r\n" + many + "\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: x\r\n" + "X: y\r\n" * 10000 + "\r\n", 431),
        ("GET /" + "y" * 20000 + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, foo\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + ("10000\r\n" + "y" * 65536 + "\r\n") * 20, 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + "y" * 20000 + "\r\n", 431),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + "X: y\r\n" * 10000, 431),
        ("GET / HTTP/1.1\r\nHost: x\r\nA: b\x01c\r\n\r\n", 400),
        ("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("\r\n" * 20000, 431),
        ("GET / HTTP/3.0\r\nHost: x\r\n\r\n", 400),
    ]
    with server("http=127.0.0.1:0") as at:
        for text, want in rows:
            sock = at.connect("http")
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                sock.sendall(text.encode("latin-1"))
            status = answer(sock)[0]
            true(status == want, (text[:80], status))
            sock.close()


def test_an_offer_to_upgrade_is_passed_over_on_the_http_door():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"GET /u HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
                     b"GET /v HTTP/1.1\r\nHost: x\r\n\r\n")
        same(answer(sock)[2][:7], b"GET /u ")


def test_slow_heads_and_bodies_end_in_408():
    with server("--fast", "http=127.0.0.1:0", "ocpp=127.0.0.1:0") as at:
        slow = at.connect("http", timeout=10)
        slow.sendall(b"GET / HTTP/1.1\r\nHost:")
        body = at.connect("http", timeout=10)
        body.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
        silent = at.connect("ocpp", timeout=10)
        drip = at.connect("ocpp", timeout=10)
        drip.sendall(b"GET / HTTP/1.1\r\nX: ")
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while time.monotonic() - began < 5 and not select.select([drip], [], [], 0.1)[0]:
                drip.sendall(b"X")
        same(answer(slow)[0], 408)
        same(answer(body)[0], 408)
        same(until(silent, None), b"")
        same(answer(drip)[0], 408)
        true(time.monotonic() - began < 6 * SLOW)
        idle = at.connect("http", timeout=10)
        idle.sendall(b"GET /i HTTP/1.1\r\nHost: x\r\n\r\n")
        same(answer(idle)[0], 200)
        same(until(idle, None), b"")


def test_half_closed_after_the_request_it_is_answered():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"GET /half HTTP/1.1\r\nHost: x\r\n\r\n")
        sock.shutdown(socket.SHUT_WR)
        got = until(sock, None)
        true(got.endswith(b"GET /half "), got)


def test_large_answers_and_slow_readers():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        status, _, body = answer(sock)
        same((status, len(body), body.count(b"b")), (200, 8 << 20, 8 << 20))
        sock.sendall(b"GET /after HTTP/1.1\r\nHost: x\r\n\r\n")
        same(answer(sock)[2], b"GET /after ")


def test_streams_come_in_chunks_and_end():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        got = until(sock, b"0\r\n\r\n")
        true(got.endswith(b"\r\n\r\n4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"), got)
        sock.sendall(b"GET /again HTTP/1.1\r\nHost: x\r\n\r\n")
        same(answer(sock)[2], b"GET /again ")
        sock.sendall(b"GET /stream HTTP/1.0\r\n\r\n")
        got = until(sock, None)
        true(got.endswith(b"\r\n\r\none two three") and b"chunked" not in got, got)


def test_a_stream_tells_how_much_waits_and_that_its_reader_left():
    with server("http=127.0.0.1:0") as at:
        sock = at.connect("http")
        sock.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        at.wait(r"waiting [1-9]\d{6}", seconds=20)
        sock.close()
        at.wait("^http_gone")
        sock = at.connect("http")
        sock.sendall(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        at.wait("^http ", count=2)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        at.wait("^http_gone", count=2)


# --- doors ------------------------------------------------------------------------------------------------------------


def test_doors_on_ipv6_and_the_local_socket():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s.sock")
        doors = ["http=[::1]:0"] if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6") else []
        with server(*doors, f"local={path}") as at:
            same(os.stat(path).st_mode & 0o777, 0o600)
            for door in at.places:
                sock = at.connect(door)
                sock.sendall(b"GET /6 HTTP/1.1\r\nHost: x\r\n\r\n")
                same(answer(sock)[2], b"GET /6 ")
                true(door == "local" or at.places[door].startswith("[::1]:"), at.places)
            at.wait("http .*peer=local")
        true(not os.path.exists(path))


def test_a_port_in_use_and_bad_addresses_are_one_line():
    with server("http=127.0.0.1:0") as at:
        for listener, want in ((f"http={at.places['http']}", "use"), ("http=127.0.0.1", "HOST:PORT"), ("http=127.0.0.1:99999", "HOST:PORT"),
                               ("http=::1:80", "HOST:PORT"), ("http=no.such.host.invalid:80", "not known"), ("ocpp_tls=127.0.0.1:0", "certificate"),
                               ("local=/no/such/folder/s", "No such file"), ("local=/" + "x" * 200, "at most")):
            second = Server(listener)
            line = second.wait("^failed")
            same(second.process.wait(5), 1)
            true(want in line, line)


def test_all_loops_serve_one_port():
    with server("--loops", "4", "ocpp=127.0.0.1:0") as at:
        all_of_them = [WebSocket(at) for _ in range(64)]
        for i, ws in enumerate(all_of_them):
            same(ws.say(f"n{i}"), (0x81, f"n{i}".encode()))
        at.say("n")
        same(at.wait("^connections"), "connections 64")


def test_doors_can_be_shut_and_opened():
    with server("ocpp=127.0.0.1:0", "http=127.0.0.1:0") as at:
        ws = WebSocket(at)
        at.say("f")
        deadline = time.monotonic() + 5
        while WebSocket(at).status and time.monotonic() < deadline:
            time.sleep(0.02)
        same(WebSocket(at).status, 0)
        same(ws.say("the old one stays"), (0x81, b"the old one stays"))
        sock = at.connect("http")
        sock.sendall(b"GET /open HTTP/1.1\r\nHost: x\r\n\r\n")
        same(answer(sock)[0], 200)
        at.say("t")
        while not WebSocket(at).status and time.monotonic() < deadline:
            time.sleep(0.02)
        same(WebSocket(at).status, 101)


def test_stations_are_closed_with_1001_when_it_stops():
    at = Server("ocpp=127.0.0.1:0", "http=127.0.0.1:0")
    ws, silent, idle = WebSocket(at), WebSocket(at), at.connect("http")
    began = time.monotonic()
    at.process.stdin.close()
    same(ws.read()[1][:2], b"\x03\xe9")
    ws.send(8, b"\x03\xe9")
    true(ws.ended())
    same(until(idle, None), b"")
    same(at.process.wait(10 * SLOW), 0)
    true(time.monotonic() - began < 5 * SLOW, time.monotonic() - began)
    silent.sock.close()


def test_a_proxy_tells_the_peer():
    header = PROXY + bytes([0x21, 0x11, 0, 12]) + socket.inet_aton("203.0.113.9") + socket.inet_aton("10.0.0.1") + struct.pack(">HH", 5555, 80)
    six = PROXY + bytes([0x21, 0x21, 0, 40]) + socket.inet_pton(socket.AF_INET6, "fd00::1") + socket.inet_pton(socket.AF_INET6, "::1") \
        + struct.pack(">HH", 7777, 80) + b"\x03\0\x01x"
    check = PROXY + bytes([0x20, 0, 0, 0])
    get = b"GET /p HTTP/1.1\r\nHost: x\r\n\r\n"
    with server("--proxy", "127.0.0.0/8", "http=127.0.0.1:0", "ocpp=127.0.0.1:0") as at:
        for data in (header + get, six + get, check + get):
            for whole in (True, False):
                sock = at.connect("http")
                if whole:
                    sock.sendall(data)
                else:
                    for byte in data:
                        sock.sendall(bytes([byte]))
                        time.sleep(0.001)
                same(answer(sock)[2], b"GET /p ")
        at.wait(r"http .*peer=203\.0\.113\.9:5555", count=2)
        at.wait(r"http .*peer=\[fd00::1\]:7777", count=2)
        for data in (get, PROXY + bytes([0x31, 0x11, 0, 12]) + bytes(12), PROXY + bytes([0x21, 0x11, 0, 4]) + bytes(4),
                     PROXY + bytes([0x21, 0x11, 0xFF, 0xFF]), PROXY[:-1] + b"X"):
            sock = at.connect("http")
            sock.sendall(data)
            same(until(sock, None), b"")
        at.wait("note 4 no PROXY")
        ws = WebSocket(at, before=six)
        same((ws.status, ws.say("private")), (101, (0x81, b"private")))
        sock = at.connect("ocpp")
        sock.sendall(header + f"GET /x HTTP/1.1\r\n{WS_HEAD}\r\n".encode())
        status, _, body = answer(sock)
        true(status == 403 and b"ocpp.plain_from" in body, (status, body))
        at.wait("note 0 refused 203.0.113.9:5555 .*ocpp.plain_from")


# --- TLS --------------------------------------------------------------------------------------------------------------


class Certificates:
    """A CA, servers' certificates with ECDSA and RSA keys, one for a station."""

    def __init__(self, folder):
        self.folder = folder
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=ca",
                 "-keyout", self.at("ca.key"), "-out", self.at("ca.pem"))
        for name, key in (("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]), ("rsa", ["rsa:2048"]),
                          ("new", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
                          ("station", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])):
            self.run("req", "-newkey", *key, "-nodes", "-subj", f"/CN={name}", "-keyout", self.at(f"{name}.key"), "-out", self.at(f"{name}.csr"))
            with open(self.at("ext"), "w") as f:
                f.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
            self.run("x509", "-req", "-in", self.at(f"{name}.csr"), "-CA", self.at("ca.pem"), "-CAkey", self.at("ca.key"), "-CAcreateserial",
                     "-days", "2", "-extfile", self.at("ext"), "-out", self.at(f"{name}.pem"))

    def at(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def both(self):
        return ["--tls", self.at("ec.pem"), self.at("ec.key"), "--tls", self.at("rsa.pem"), self.at("rsa.key")]

    def client(self, version=None, suites=None, station=False):
        tls = ssl.create_default_context(cafile=self.at("ca.pem"))
        if version:
            tls.minimum_version = tls.maximum_version = version
        if suites:
            tls.set_ciphers(suites)
        if station:
            tls.load_cert_chain(self.at("station.pem"), self.at("station.key"))
        return tls


@contextlib.contextmanager
def certificates():
    with tempfile.TemporaryDirectory() as folder:
        yield Certificates(folder)


def test_messages_and_requests_pass_through_tls():
    with certificates() as made, server(*made.both(), "ocpp_tls=127.0.0.1:0", "https=127.0.0.1:0") as at:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            ws = WebSocket(at, "ocpp_tls", tls=made.client(version), extra=DEFLATE)
            same(ws.status, 101)
            for size in (0, 10, 16384, 100000, 1 << 20):
                text = os.urandom(size // 2).hex()
                ws.send(1, text)
                first, payload = ws.read()
                true(first == 0xC1 or payload == text.encode(), first)
            ws.send(8, b"\x03\xe8")
            true(ws.ended())
            sock = at.connect("https", made.client(version))
            sock.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            same(len(answer(sock)[2]), 8 << 20)
            sock.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            true(until(sock, b"0\r\n\r\n").endswith(b"three\r\n0\r\n\r\n"))


def test_the_suites_of_ocpp_are_there_and_only_where_they_belong():
    rows = [("ECDHE-ECDSA-AES128-GCM-SHA256", True, True), ("ECDHE-ECDSA-AES256-GCM-SHA384", True, True),
            ("ECDHE-RSA-AES128-GCM-SHA256", True, True), ("AES128-GCM-SHA256", True, False), ("AES256-GCM-SHA384", True, False),
            ("AES128-SHA", False, False), ("ECDHE-RSA-AES128-SHA", False, False)]
    with certificates() as made, server(*made.both(), "ocpp_tls=127.0.0.1:0", "https=127.0.0.1:0") as at:
        for suite, ocpp, https in rows:
            for door, want in (("ocpp_tls", ocpp), ("https", https)):
                try:
                    at.connect(door, made.client(ssl.TLSVersion.TLSv1_2, suite + ":@SECLEVEL=1")).close()
                    got = True
                except ssl.SSLError as refused:
                    true("ALERT" in str(refused).upper(), refused)
                    got = False
                true(got == want, (suite, door, got))


def test_old_tls_is_refused_with_an_alert():
    with certificates() as made, server(*made.both(), "ocpp_tls=127.0.0.1:0") as at:
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            tls = made.client(suites="ALL:@SECLEVEL=0")
            tls.minimum_version, tls.maximum_version = version, version
            try:
                at.connect("ocpp_tls", tls)
                raise AssertionError(f"{version} was taken")
            except ssl.SSLError as refused:
                true("PROTOCOL" in str(refused).upper(), refused)
        plain = at.connect("ocpp_tls")
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        true(until(plain, None)[:1] in (b"", b"\x15"))
        at.wait("note 3 TLS handshake")


def test_sessions_are_resumed_also_at_another_loop():
    with certificates() as made, server("--loops", "4", *made.both(), "ocpp_tls=127.0.0.1:0") as at:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            tls, session, reused = made.client(version), None, 0
            for _ in range(12):
                host, port = at.places["ocpp_tls"].split(":")
                sock = tls.wrap_socket(socket.create_connection((host, int(port)), 5), server_hostname="localhost", session=session)
                sock.sendall(f"GET /a HTTP/1.1\r\n{WS_HEAD}\r\n".encode())
                true(b"101" in until(sock, b"\r\n\r\n"))
                reused += sock.session_reused
                session = sock.session
                sock.close()
            same(reused, 11)


def test_new_certificates_are_taken_while_it_runs():
    with certificates() as made, server("--tls", made.at("ec.pem"), made.at("ec.key"), "https=127.0.0.1:0") as at:
        def name(sock):
            return dict(part[0] for part in sock.getpeercert()["subject"])["commonName"]
        old = at.connect("https", made.client())
        same(name(old), "ec")
        for one in ("pem", "key"):
            os.replace(made.at(f"new.{one}"), made.at(f"ec.{one}"))
        at.say("r")
        at.wait("reloaded 0")
        same(name(at.connect("https", made.client())), "new")
        old.sendall(b"GET /old HTTP/1.1\r\nHost: x\r\n\r\n")
        same(answer(old)[2], b"GET /old ")
        with open(made.at("ec.pem"), "w") as f:
            f.write("no certificate")
        at.say("r")
        at.wait("reloaded [1-9]")
        same(name(at.connect("https", made.client())), "new")


def test_mutual_tls_passes_the_chain_up():
    with certificates() as made, server(*made.both(), "--client-ca", made.at("ca.pem"), "ocpp_mtls=127.0.0.1:0") as at:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            ws = WebSocket(at, "ocpp_mtls", tls=made.client(version, station=True))
            same(ws.say("mutual"), (0x81, b"mutual"))
            try:
                sock = at.connect("ocpp_mtls", made.client(version))
                sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
                same(sock.recv(100), b"")
            except (ssl.SSLError, ConnectionResetError):
                pass
        at.wait("upgrade .*chain=[1-9]", count=2)


def test_a_certificate_of_another_ca_is_refused():
    with certificates() as made, certificates() as other, \
            server(*made.both(), "--client-ca", made.at("ca.pem"), "ocpp_mtls=127.0.0.1:0") as at:
        tls = made.client(ssl.TLSVersion.TLSv1_2)
        tls.load_cert_chain(other.at("station.pem"), other.at("station.key"))
        try:
            at.connect("ocpp_mtls", tls)
            raise AssertionError("it was taken")
        except (ssl.SSLError, ConnectionResetError):
            pass
        at.wait("note 3 .*certificate")


def resumes(at, tls, session=None):
    """Was it resumed, and the next session; None: the door was shut."""
    host, port = at.places["ocpp_mtls"].split(":")
    try:
        with tls.wrap_socket(socket.create_connection((host, int(port)), 5), server_hostname="localhost", session=session) as sock:
            sock.sendall(f"GET /a HTTP/1.1\r\n{WS_HEAD}\r\n".encode())
            return (sock.session_reused, sock.session) if b"101" in until(sock, b"\r\n\r\n") else None
    except (ssl.SSLError, ConnectionResetError):
        return None


def test_a_ticket_is_no_way_past_other_cas():
    with certificates() as made, certificates() as other:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            ca, tls = made.at("clients.pem"), made.client(version, station=True)
            arguments = [*made.both(), "--client-ca", ca, "--tickets", made.at("tickets"), "ocpp_mtls=127.0.0.1:0"]
            shutil.copy(made.at("ca.pem"), ca)
            with server(*arguments) as at:
                _, session = resumes(at, tls)
            with server(*arguments) as at:
                reused, session = resumes(at, tls, session)
                true(reused, "the same CA after a restart")
                shutil.copy(other.at("ca.pem"), ca)
                at.say("r")
                at.wait("reloaded 0")
                same(resumes(at, tls, session), None)
            with server(*arguments) as at:
                same(resumes(at, tls, session), None)


def test_random_bytes_after_the_handshake_end_the_connection():
    with certificates() as made, server(*made.both(), "ocpp_tls=127.0.0.1:0") as at:
        ws = WebSocket(at, "ocpp_tls", tls=made.client())
        raw = socket.socket(fileno=os.dup(ws.sock.fileno()))
        raw.sendall(os.urandom(500))
        at.wait("closed code=1006")
        same(WebSocket(at, "ocpp_tls", tls=made.client()).say("others"), (0x81, b"others"))


def test_connections_that_never_shake_hands_are_cut():
    with certificates() as made, server("--fast", *made.both(), "ocpp_tls=127.0.0.1:0") as at:
        silent = at.connect("ocpp_tls", timeout=10)
        began = time.monotonic()
        same(until(silent, None), b"")
        true(time.monotonic() - began < 4 * SLOW)


def run(test):
    try:
        test()
        return None
    except Exception:  # a test may fail in any way
        return traceback.format_exc()


def main(named):
    tests = [(name[5:].replace("_", " "), test) for name, test in named.items() if name.startswith("test_") and callable(test) and test.__module__ == "__main__"]
    tests = [one for one in tests if not sys.argv[2:] or any(word in one[0] for word in sys.argv[2:])]
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    # Most of the time goes by in waiting.
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for number, ((name, _), error) in enumerate(zip(tests, pool.map(run, [test for _, test in tests])), 1):
            print(f"{'not ok' if error else 'ok'} {number} - {name}", flush=True)
            failed += bool(error)
            for line in (error or "").splitlines():
                print("# " + line, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(globals())
