#!/usr/bin/env python3
"""GET /events to readers that do not read: nobody else is disturbed, memory is bounded, no fact is lost, and what was left out is said."""
import re

from harness import *
from ocpp import *

CHUNK = 100_000


class Raw:
    """A stream over a plain socket with a small buffer, read only when asked to."""

    def __init__(self, server, query, last=None):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(30 * SLOW)
        self.socket.connect(server.http)
        lines = [f"GET /api/v1/events?{query} HTTP/1.1", "Host: x", f"Authorization: Bearer {server.key}"] + ([f"Last-Event-ID: {last}"] if last else [])
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.raw, self.body, self.events = b"", "", []

    def read_until(self, done, seconds=60):
        """Reads on until done(events); False: the stream was closed."""
        deadline = time.monotonic() + seconds * SLOW
        while not done(self.events):
            expect(time.monotonic() < deadline, f"not within {seconds} s: {[e[0] for e in self.events[-9:]]}")
            try:
                data = self.socket.recv(1 << 20)
            except ConnectionError:
                return False
            if not data:
                return False
            self._take(data)
        return True

    def _take(self, data):
        """Chunks (RFC 9112 §7.1), behind the head; events, as (event, id, data)."""
        self.raw += data
        if self.raw.startswith(b"HTTP/"):
            head, found, rest = self.raw.partition(b"\r\n\r\n")
            if not found:
                return
            expect(b" 200 " in head.splitlines()[0], head)
            self.raw = rest
        while b"\r\n" in self.raw:
            size, _, rest = self.raw.partition(b"\r\n")
            end = int(size, 16)
            if len(rest) < end + 2:
                break
            self.body += rest[:end].decode()
            self.raw = rest[end + 2:]
        *whole, self.body = self.body.split("\n\n")
        for text in whole:
            fields = dict(line.split(": ", 1) for line in text.split("\n") if not line.startswith(":"))
            if "event" in fields:
                self.events.append((fields["event"], fields.get("id"), fields["data"]))


def anonymous_bytes(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"RssAnon:\s+(\d+) kB", file.read())[1]) * 1024


def metric(server, name):
    return int(re.search(rf"^voltd_{name} (\d+)", server.rest("GET", "/metrics").text, re.M)[1])


def chatter(station, count):
    for n in range(count):
        station.call("DataTransfer", {"vendorId": "chatter", "messageId": str(n), "data": os.urandom(CHUNK // 2).hex()})


@case
def a_reader_that_stops_reads_on_where_it_was(server):
    server.add_token("SLOW")
    station = server.station("SLOW-1", boot=True)
    chatter(station, 300)  # what caches and buffers take is taken
    slow, quick = Raw(server, "topics=message,session.*&station=SLOW-1"), Raw(server, "topics=session.*&station=SLOW-1")
    heard = threading.Thread(target=lambda: quick.read_until(lambda events: len([e for e, _, _ in events if e == "session.ended"]) == 8, 120))
    before = anonymous_bytes(server)
    heard.start()
    began = time.monotonic()
    for n in range(8):
        charge = Charge(station, "SLOW", meter=n * 1000)
        chatter(station, 50)
        charge.stop(n * 1000 + 500)
    took = time.monotonic() - began
    grown = anonymous_bytes(server) - before
    expect(grown < 12 << 20, f"{grown >> 20} MiB more for {8 * 50 * CHUNK >> 20} MiB that nobody reads")
    asked = time.monotonic()
    station.call("Heartbeat")
    expect(time.monotonic() - asked < 1 * SLOW, f"a heartbeat took {time.monotonic() - asked:.2f} s (all took {took:.1f} s)")
    heard.join(120 * SLOW)
    expect(not heard.is_alive(), "the other reader was not told of all sessions")
    expect(slow.read_until(lambda events: any(e == "lost" for e, _, _ in events) and len([e for e, _, _ in events if e == "session.ended"]) == 8), "the stream was closed")
    told = [e for e, _, _ in slow.events]
    ended = [json.loads(d)["energy_wh"] for e, _, d in slow.events if e == "session.ended"]
    equal(ended, [500] * 8, "what it was told when it read again")
    equal({d for e, _, d in slow.events if e == "lost"}, {'{"topics":["message"]}'}, "what was lost")
    expect(told.count("message") < 400, "nothing was left out, so nothing was tried")
    charge = Charge(station, "SLOW", meter=9000)
    charge.stop(9001)
    expect(slow.read_until(lambda events: len([e for e, _, _ in events if e == "session.ended"]) == 9), "it is live again")


@case
def one_that_never_reads_is_closed_and_can_go_on_from_its_last_fact():
    with Server(sets=["http.stream_stuck_s=2"]) as server:
        server.add_token("STUCK")
        station = server.station("STUCK-1", boot=True)
        stuck = Raw(server, "topics=message,session.*&station=STUCK-1")
        Charge(station, "STUCK", meter=0).stop(100)
        expect(stuck.read_until(lambda events: any(e == "session.ended" for e, _, _ in events)), "the stream is open")
        last = [i for e, i, _ in stuck.events if e == "session.ended"][-1]
        for n in range(3):
            Charge(station, "STUCK", meter=100).stop(200 + n)
        eventually(lambda: chatter(station, 10) or metric(server, "event_streams_stuck_total") == 1, "it is closed", 30)
        equal(metric(server, "event_streams"), 0, "streams that are open")
        expect(not stuck.read_until(lambda events: False), "the end of the stream")
        again = Raw(server, "topics=session.*&station=STUCK-1", last)
        expect(again.read_until(lambda events: len([e for e, _, _ in events if e == "session.ended"]) == 3), "the stream is open")
        equal([json.loads(d)["energy_wh"] for e, _, d in again.events if e == "session.ended"], [100, 101, 102], "what came since")


if __name__ == "__main__":
    run()
