#!/usr/bin/env python3
"""test_doors.py SERVER: addresses, the PROXY protocol, opening, shutting and the end, over real sockets. Prints TAP."""
import os
import socket
import struct
import tempfile
import time

from harness import *


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


if __name__ == "__main__":
    main(globals())
