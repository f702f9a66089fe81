#!/usr/bin/env python3
"""test_tls.py SERVER: suites, certificates, resumption, certificates of stations, over real sockets. Prints TAP."""
import os
import resource
import shutil
import socket
import ssl
import struct
import time

from harness import *


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
        at.wait("upgrade .*chain=[1-9][0-9]* name=station$", count=2)


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


def due_soon(path, seconds):
    """The key in this file has made tickets for twelve hours but for so many seconds."""
    with open(path, "r+b") as file:
        file.seek(8)  # behind the mark: when it was made
        file.write(struct.pack("=q", int(time.time()) - 12 * 3600 + seconds))


def names(path):
    with open(path, "rb") as file:
        raw = file.read()
    return [raw[at + 8:at + 24] for at in (8, 96)]


def test_ticket_keys_are_turned_while_it_runs():
    with certificates() as made:
        path, tls = made.at("tickets"), made.client(ssl.TLSVersion.TLSv1_2, station=True)
        arguments = ["--fast", *made.both(), "--client-ca", made.at("ca.pem"), "--tickets", path, "ocpp_mtls=127.0.0.1:0"]
        with server(*arguments) as at:
            _, session = resumes(at, tls)
        due_soon(path, 3)
        was = names(path)[0]
        with server(*arguments) as at:
            same(names(path)[0], was)
            end = time.monotonic() + 10 * SLOW
            while names(path)[0] == was:
                true(time.monotonic() < end, "no new key")
                time.sleep(0.1)
            same(names(path)[1], was)
            reused, session = resumes(at, tls, session)
            true(reused, "with a ticket of the key before")
        with server(*arguments) as at:
            true(resumes(at, tls, session)[0], "with the ticket that came for it, after a restart")


def test_a_disk_that_takes_no_ticket_keys_is_said_once():
    """Not even a byte: RLIMIT_FSIZE is as a full disk, and would end a process that does not expect it."""
    with certificates() as made:
        path, tls = made.at("tickets"), made.client(ssl.TLSVersion.TLSv1_2, station=True)
        arguments = ["--fast", *made.both(), "--client-ca", made.at("ca.pem"), "--tickets", path, "ocpp_mtls=127.0.0.1:0"]
        with server(*arguments) as at:
            _, session = resumes(at, tls)
        due_soon(path, 3)
        was = names(path)
        with server(*arguments) as at:
            resource.prlimit(at.process.pid, resource.RLIMIT_FSIZE, (0, 0))
            true("File too large" in at.wait("note .*full handshake"), at.lines)
            time.sleep(3)
            same(len([line for line in at.lines if "full handshake" in line]), 1)
            same(names(path), was)
            same(os.path.exists(path + ".new"), False)
            reused, session = resumes(at, tls, session)
            true(reused, "the keys in memory are good")
            true(resumes(at, tls, session)[0], "and the new one is")


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


if __name__ == "__main__":
    main(globals())
