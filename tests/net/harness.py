"""harness.py: what the tests of the network layer over real sockets share: the server under test, a WebSocket client in plain bytes,
certificates, and the runner, which prints TAP.

Each test_*.py is called with test_net_server as its first argument (its head says how its core behaves), and perhaps words of the names
of the tests that are wanted. Standard library only, and the openssl command for certificates.
"""
import concurrent.futures
import contextlib
import os
import re
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
