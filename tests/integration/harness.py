"""harness.py: drives build/voltd from the outside, with nothing but Python's standard library.

Server   one voltd process on free loopback ports, with a data directory of its own
Station  a charging station over a plain socket: it can also send what no sane station would
cases    the decorators @case and @table register test cases, run() executes them and prints TAP lines

What is expected here comes from the contract (docs/, contracts/openapi.yaml, the OCPP texts), not from the source of voltd.
"""
import base64
import contextlib
import datetime
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VOLTD = os.path.abspath(os.environ.get("VOLTD", os.path.join(ROOT, "build", "voltd")))
SLOW = float(os.environ.get("VOLTD_SLOW", "1"))  # a sanitizer or valgrind makes all deadlines longer

PASSWORD = "swordfish-0123456789"  # 20 bytes: the longest that 1.6 can hold


class Wrong(AssertionError):
    """The server did something else than the contract says."""


def expect(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(w) for w in what))


def equal(got, want, what=""):
    if got != want:
        raise Wrong(f"{what}: got {got!r}, want {want!r}")


def eventually(probe, what, seconds=5):
    """The first true value of probe(), polled until the deadline."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Wrong(f"{what}: not within {seconds} s, last {value!r}")
        time.sleep(0.05)


def utc(offset_s=0, base=None):
    """RFC 3339, now or `base` (seconds) plus an offset."""
    at = (time.time() if base is None else base) + offset_s
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03d}Z"


def parse_utc(text):
    """Seconds since 1970 of the server's UTC times."""
    expect(isinstance(text, str) and text.endswith("Z"), "a UTC time ends with Z:", text)
    return datetime.datetime.fromisoformat(text[:-1] + "+00:00").timestamp()


def temp_dir():
    return tempfile.mkdtemp(prefix="voltd-test-")


# VOLTD_SECTION_KEY sets options of the server, so this harness's own variables must not reach it.
CLEAN_ENV = {k: v for k, v in os.environ.items() if not k.startswith("VOLTD") and k != "STATE_DIRECTORY"}


def voltd(*args, timeout=20, env=None, stdin=None, cwd=None):
    """Runs a command to its end: CompletedProcess with text streams."""
    return subprocess.run([VOLTD, *args], capture_output=True, text=True, timeout=timeout * SLOW, cwd=cwd,
                          env={**CLEAN_ENV, **(env or {})}, input=stdin or "", errors="replace")


# ---------------------------------------------------------------------------------------------- server


class Reply:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw
        self.text = raw.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.text)


class Server:
    def __init__(self, data=None, sets=(), wrap=(), start=True, env=None, keep=False):
        self.own_data = data is None and not keep
        self.data = data or temp_dir()
        self.sets, self.wrap, self.env = list(sets), list(wrap), env
        self.process = None
        self.key = None
        self.stations = []
        self.log_path = os.path.join(temp_dir(), "stderr")
        if start:
            self.start()

    def command(self):
        listen = ["http.listen=127.0.0.1:0", "ocpp.listen=127.0.0.1:0"]
        sets = [s for s in listen if s.split("=")[0] not in {x.split("=")[0] for x in self.sets}] + self.sets
        return [*self.wrap, VOLTD, "serve", "--data", self.data, *(a for s in sets for a in ("--set", s))]

    def start(self, seconds=20):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
                                        env={**CLEAN_ENV, **(self.env or {})}, start_new_session=True)
        log.close()
        self.ready = self._read_ready(seconds * SLOW)
        self.http = self.door("http")
        self.ocpp = self.door("ocpp")
        if self.key is None:
            made = voltd("key", "create", "--role", "admin", "--data", self.data)
            if made.returncode != 0:
                raise Wrong(f"key create: exit {made.returncode}: {made.stderr.strip()}")
            self.key = made.stdout.strip().splitlines()[-1]
        return self

    def _read_ready(self, seconds):
        """The ready line is the first line on stdout."""
        box = []
        reader = threading.Thread(target=lambda: box.append(self.process.stdout.readline()), daemon=True)
        reader.start()
        reader.join(seconds)
        line = box[0].decode("utf-8", "replace").strip() if box else ""
        if not line.startswith("ready "):
            self.kill()
            raise Wrong(f"no ready line within {seconds:g} s but {line!r}; stderr: {self.log()[-600:]}")
        return dict(word.split("=", 1) for word in line.split()[1:])

    def door(self, name):
        host, _, port = self.ready[name].rpartition(":")
        return host.strip("[]"), int(port)

    def log(self):
        with contextlib.suppress(FileNotFoundError), open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()
        return ""

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, seconds=10):
        """SIGTERM; the exit code, which must come within 10 s."""
        for station in self.stations:
            station.drop()
        self.stations.clear()
        if not self.alive():
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Wrong(f"SIGTERM: still running after {seconds} s") from None

    def kill(self):
        """kill -9, together with what it is wrapped in."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self._await_group()

    def _await_group(self):
        """What it was wrapped in may be gone before the server is, which holds the lock of its directory until then."""
        deadline = time.monotonic() + 5 * SLOW
        with contextlib.suppress(ProcessLookupError, PermissionError):
            while self.wrap and time.monotonic() < deadline:
                os.killpg(self.process.pid, 0)
                time.sleep(0.02)

    def close(self):
        code = None
        try:
            code = self.stop()
        finally:
            self.kill()
            if self.process and self.process.stdout:
                self.process.stdout.close()
            if self.own_data:
                shutil.rmtree(self.data, ignore_errors=True)
            shutil.rmtree(os.path.dirname(self.log_path), ignore_errors=True)
        return code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            with contextlib.suppress(Exception):
                self.close()
        else:
            equal(self.close(), 0, "exit code after SIGTERM")

    # -- REST

    def rest(self, method, path, body=None, key=True, headers=None, timeout=30, raw=None):
        """One request to /api/v1 (or to an absolute path that starts with /)."""
        target = path if path.startswith("/") else "/api/v1/" + path
        send = dict(headers or {})
        if key:
            send["Authorization"] = "Bearer " + (self.key if key is True else key)
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
            send.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(*self.http, timeout=timeout * SLOW)
        try:
            connection.request(method, target, body=data, headers=send)
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def get(self, path, status=200, **options):
        reply = self.rest("GET", path, **options)
        equal(reply.status, status, f"GET {path} ({reply.text[:300]})")
        return reply.json

    def post(self, path, body, status=(200, 201, 204), **options):
        reply = self.rest("POST", path, body, **options)
        wanted = status if isinstance(status, tuple) else (status,)
        expect(reply.status in wanted, f"POST {path} {json.dumps(body)[:200]}: got {reply.status} {reply.text[:300]}, want {wanted}")
        return reply.json if reply.text else None

    def patch(self, path, body, status=200):
        reply = self.rest("PATCH", path, body)
        equal(reply.status, status, f"PATCH {path} {body} ({reply.text[:300]})")
        return reply.json if reply.text else None

    def items(self, path):
        return self.get(path)["items"]

    def add_station(self, identity, password=PASSWORD, **more):
        return self.post("stations", {"id": identity, "password": password, **more}, status=201)

    def add_token(self, token, **more):
        return self.post("tokens", {"id": token, **more}, status=201)

    def station(self, identity, protocol="ocpp1.6", add=True, boot=False, **options):
        """A station that is known to the server and connected."""
        if add:
            self.add_station(identity)
        station = Station(self.ocpp, identity, protocols=[protocol], **options)
        self.stations.append(station)
        if boot:
            station.boot()
        return station

    def sessions(self, identity):
        return self.items(f"sessions?station={identity}")


# --------------------------------------------------------------------------------------------- station


class Refused(Exception):
    def __init__(self, status, head):
        super().__init__(f"HTTP {status}")
        self.status, self.head = status, head


class CallError(Exception):
    def __init__(self, frame):
        super().__init__(json.dumps(frame))
        self.code = frame[2] if len(frame) > 2 else None
        self.frame = frame


class Gone(Exception):
    """The connection ended while an answer was awaited."""


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def basic(identity, password):
    raw = password if isinstance(password, bytes) else password.encode()
    return "Basic " + base64.b64encode(identity.encode() + b":" + raw).decode()


class Station:
    """A WebSocket client that also speaks nonsense when told to.

    A thread reads; CALLs of the server are answered from `on` (action → payload, or a function of the payload
    that returns one, or None for no answer). All texts that came are in `received`.
    """

    def __init__(self, address, identity, password=PASSWORD, protocols=("ocpp1.6",), path=None, headers=None,
                 auth=True, tls=None, answer_pings=True, connect=True, deflate=False):
        self.address, self.identity, self.password = address, identity, password
        self.protocols = list(protocols)
        self.path = path if path is not None else "/ocpp/" + urllib.parse.quote(identity, safe="")
        self.headers = dict(headers or {})
        if auth and password is not None:
            self.headers.setdefault("Authorization", basic(identity, password))
        self.tls, self.answer_pings, self.deflate = tls, answer_pings, deflate
        self.on = {}
        self.received, self.calls, self.pings, self.pongs = [], [], 0, []
        self.close_code, self.close_reason, self.ended = None, "", False
        self.answers = {}
        self.news = threading.Condition()
        self.write_lock = threading.Lock()
        self.next_id = 0
        self.sock = None
        if connect:
            self.connect()

    # -- handshake

    def connect(self, timeout=10):
        sock = socket.create_connection(self.address, timeout=timeout * SLOW)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            sock = self.tls.wrap_socket(sock, server_hostname="localhost")
        key = base64.b64encode(os.urandom(16)).decode()
        head = {"Host": f"{self.address[0]}:{self.address[1]}", "Upgrade": "websocket", "Connection": "Upgrade",
                "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
        if self.protocols:
            head["Sec-WebSocket-Protocol"] = ", ".join(self.protocols)
        if self.deflate:
            head["Sec-WebSocket-Extensions"] = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
        head.update(self.headers)
        lines = [f"GET {self.path} HTTP/1.1"] + [f"{k}: {v}" for k, v in head.items() if v is not None]
        sock.sendall("\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n")
        raw = b""
        while b"\r\n\r\n" not in raw:
            part = sock.recv(4096)
            if not part:
                sock.close()
                raise Refused(0, raw.decode("latin-1"))
            raw += part
        text, rest = raw.split(b"\r\n\r\n", 1)
        lines = text.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.head = {k.strip().lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        if self.status != 101:
            sock.close()
            raise Refused(self.status, text.decode("latin-1"))
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        equal(self.head.get("sec-websocket-accept"), accept, "Sec-WebSocket-Accept")
        self.subprotocol = self.head.get("sec-websocket-protocol")
        sock.settimeout(None)
        self.sock, self.buffer = sock, rest
        self.ended, self.close_code = False, None
        threading.Thread(target=self._read_all, daemon=True).start()
        return self

    # -- frames

    def send_frame(self, opcode, payload=b"", fin=True, mask=True, rsv=0, length=None):
        """Any frame, right or wrong. `length` is the length to claim."""
        size = len(payload) if length is None else length
        first = (0x80 if fin else 0) | (rsv << 4) | opcode
        bit = 0x80 if mask else 0
        if size < 126:
            head = struct.pack("!BB", first, bit | size)
        elif size < 65536:
            head = struct.pack("!BBH", first, bit | 126, size)
        else:
            head = struct.pack("!BBQ", first, bit | 127, size)
        if mask:
            key = os.urandom(4)
            wide = (key * (len(payload) // 4 + 1))[:len(payload)]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(wide, "big")).to_bytes(len(payload), "big")
            head += key
        self.send_raw(head + payload)

    def send_raw(self, raw):
        with self.write_lock:
            self.sock.sendall(raw)

    def send_text(self, text):
        self.send_frame(TEXT, text.encode() if isinstance(text, str) else text)

    def _take(self, count):
        while len(self.buffer) < count:
            part = self.sock.recv(65536)
            if not part:
                raise EOFError
            self.buffer += part
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _read_frame(self):
        first, second = self._take(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._take(8))[0]
        if second & 0x80:
            raise Wrong("the server masked a frame (RFC 6455 §5.1)")
        return first & 0x0F, bool(first & 0x80), (first >> 4) & 7, self._take(size)

    def _read_all(self):
        message, compressed = b"", False
        try:
            while True:
                opcode, fin, rsv, payload = self._read_frame()
                if opcode == PING:
                    self.pings += 1
                    if self.answer_pings:
                        self.send_frame(PONG, payload)
                elif opcode == PONG:
                    with self.news:
                        self.pongs.append(payload)
                        self.news.notify_all()
                elif opcode == CLOSE:
                    self.close_code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                    self.close_reason = payload[2:].decode("utf-8", "replace")
                    with contextlib.suppress(OSError):
                        self.send_frame(CLOSE, payload[:2])
                else:
                    compressed = bool(rsv & 4) if opcode else compressed
                    message += payload
                    if fin:
                        self._on_text(self._inflate(message) if compressed else message)
                        message = b""
        except (OSError, EOFError, ValueError):
            pass
        finally:
            with self.news:
                self.ended = True
                self.news.notify_all()
            with contextlib.suppress(OSError):
                self.sock.close()

    @staticmethod
    def _inflate(raw):
        import zlib
        return zlib.decompressobj(-15).decompress(raw + b"\x00\x00\xff\xff")

    def _on_text(self, raw):
        text = raw.decode("utf-8")
        frame = None
        with contextlib.suppress(ValueError):
            frame = json.loads(text)
        with self.news:
            self.received.append(text)
            if isinstance(frame, list) and len(frame) > 1 and frame[0] in (3, 4, 5):
                self.answers.setdefault(frame[1], []).append(frame)
            self.news.notify_all()
        if isinstance(frame, list) and frame and frame[0] == 2:
            with self.news:
                self.calls.append(frame)
                self.news.notify_all()
            self._answer(frame)

    def _answer(self, frame):
        action, payload = frame[2], frame[3]
        if action not in self.on:
            self.send_text(json.dumps([4, frame[1], "NotImplemented", "", {}]))
            return
        answer = self.on[action]
        if callable(answer):
            answer = answer(payload)
        if answer is None:
            return
        if isinstance(answer, tuple):  # (code, description): a CALLERROR
            self.send_text(json.dumps([4, frame[1], answer[0], answer[1], {}]))
        else:
            self.send_text(json.dumps([3, frame[1], answer]))

    # -- calls

    def new_id(self):
        self.next_id += 1
        return f"{self.identity[:16]}-{self.next_id}-{os.urandom(3).hex()}"

    def send_call(self, action, payload, id=None):
        id = id or self.new_id()
        self.send_text(json.dumps([2, id, action, payload]))
        return id

    def answer_to(self, id, timeout=10, count=1):
        """The (count-th) frame that answers `id`; CallError for a CALLERROR; Gone, or Wrong when none comes."""
        deadline = time.monotonic() + timeout * SLOW
        with self.news:
            while len(self.answers.get(id, ())) < count:
                left = deadline - time.monotonic()
                if self.ended:
                    raise Gone(f"closed with {self.close_code} {self.close_reason!r} before {id} was answered")
                if left <= 0:
                    raise Wrong(f"no answer to {id} in {timeout} s")
                self.news.wait(left)
            frame = self.answers[id][count - 1]
        if frame[0] == 4:
            raise CallError(frame)
        return frame[2]

    def call(self, action, payload=None, id=None, timeout=10):
        return self.answer_to(self.send_call(action, {} if payload is None else payload, id), timeout)

    def raw_answer(self, text, id, timeout=10):
        """Sends a text as it is; the whole frame that answers `id`."""
        self.send_text(text)
        with contextlib.suppress(CallError):
            self.answer_to(id, timeout)
        return self.answers[id][0]

    def wait_call(self, action, timeout=10, skip=0):
        deadline = time.monotonic() + timeout * SLOW
        with self.news:
            while True:
                found = [c for c in self.calls if c[2] == action]
                if len(found) > skip:
                    return found[skip]
                left = deadline - time.monotonic()
                if left <= 0 or self.ended:
                    raise Wrong(f"the server sent no {action} in {timeout} s; it sent {[c[2] for c in self.calls]}")
                self.news.wait(left)

    def wait_closed(self, timeout=10):
        """The close code, None when the connection just ended."""
        deadline = time.monotonic() + timeout * SLOW
        with self.news:
            while not self.ended:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Wrong(f"still open after {timeout} s")
                self.news.wait(left)
        return self.close_code

    def quiet(self, seconds):
        """Does nothing arrive for so long?"""
        before = len(self.received)
        time.sleep(seconds * SLOW)
        return len(self.received) == before and not self.ended

    def boot(self, expect_status="Accepted"):
        if self.subprotocol in (None, "ocpp1.6"):
            answer = self.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One",
                                                    "chargePointSerialNumber": "S-" + self.identity[:20], "firmwareVersion": "1.2.3"})
        else:
            answer = self.call("BootNotification", {"reason": "PowerUp", "chargingStation": {
                "vendorName": "Acme", "model": "Two", "serialNumber": "S-" + self.identity[:20], "firmwareVersion": "1.2.3"}})
        equal(answer["status"], expect_status, "BootNotification status")
        return answer

    def close(self, code=1000):
        with contextlib.suppress(OSError):
            self.send_frame(CLOSE, struct.pack("!H", code))
        with contextlib.suppress(Wrong):
            self.wait_closed(3)
        self.drop()

    def drop(self):
        """Ends the TCP connection without a word."""
        if self.sock:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                self.sock.close()


# ----------------------------------------------------------------------------------------------- cases

_CASES = []


def case(function):
    """A test case: its docstring's first line, or its name as a sentence."""
    name = (function.__doc__ or function.__name__.replace("_", " ")).strip().splitlines()[0]
    _CASES.append((name, function, ()))
    return function


def table(rows):
    """One case a row; the row's first member is its name, the rest are arguments."""
    def wrap(function):
        prefix = (function.__doc__ or function.__name__.replace("_", " ")).strip().splitlines()[0]
        for row in rows:
            _CASES.append((f"{prefix}: {row[0]}", function, tuple(row[1:])))
        return function
    return wrap


def run(make_server=Server):
    """Runs the registered cases of this file with one server for all that take one as first argument.

    A server that died is a failed case, and the next case gets a new one. `--only TEXT` picks cases by name.
    """
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    title = os.path.basename(sys.argv[0]).removeprefix("test_").removesuffix(".py")
    server, good, bad = None, 0, 0
    for name, function, arguments in _CASES:
        if only not in name:
            continue
        takes_server = function.__code__.co_argcount > len(arguments)
        try:
            if takes_server and (server is None or not server.alive()):
                if server:
                    with contextlib.suppress(Exception):
                        server.close()
                server = make_server()
            function(*([server] if takes_server else []), *arguments)
            if takes_server:
                expect(server.alive(), f"voltd died: {server.log()[-800:]}")
            good += 1
            print(f"ok {title}: {name}", flush=True)
        except Exception as error:  # a case may fail in any way; the others still run
            bad += 1
            message = str(error) if isinstance(error, Wrong) else traceback.format_exc(limit=-3)
            print(f"not ok {title}: {name}\n" + "\n".join("    " + line for line in message.strip().splitlines()), flush=True)
        finally:
            if takes_server and server:
                for station in server.stations:
                    station.drop()
                server.stations.clear()
    if server:
        try:
            equal(server.close(), 0, "exit code after SIGTERM")
        except Exception as error:
            bad += 1
            print(f"not ok {title}: the server stops on SIGTERM with exit code 0\n    {error}")
    print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad or not good else 0)


def tls_context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
