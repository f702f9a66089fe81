#!/usr/bin/env python3
"""test_http.py SERVER: requests, answers and streams, good ones and bad ones, over real sockets. Prints TAP."""
import contextlib
import re
import select
import socket
import struct
import time

from harness import *


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


if __name__ == "__main__":
    main(globals())
