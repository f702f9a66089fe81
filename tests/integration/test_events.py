#!/usr/bin/env python3
"""GET /events: server-sent events that repeat at most, and never skip, when a stream is resumed by Last-Event-ID."""
from harness import *
from ocpp import *


class Stream:
    """A reader of one SSE stream in a thread."""

    def __init__(self, server, query="", last=None):
        self.events, self.news, self.ended = [], threading.Condition(), False
        self.connection = http.client.HTTPConnection(*server.http, timeout=60 * SLOW)
        headers = {"Authorization": "Bearer " + server.key, "Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        self.connection.request("GET", "/api/v1/events" + query, headers=headers)
        self.response = self.connection.getresponse()
        equal(self.response.status, 200, "status of the stream")
        expect(self.response.getheader("content-type", "").startswith("text/event-stream"), "content type")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        event = {}
        with contextlib.suppress(Exception):
            for raw in self.response:
                line = raw.decode("utf-8").rstrip("\r\n")
                if line == "":
                    if "data" in event:
                        with self.news:
                            self.events.append(event)
                            self.news.notify_all()
                    event = {}
                elif not line.startswith(":"):
                    field, _, value = line.partition(":")
                    value = value.removeprefix(" ")
                    event[field] = event[field] + "\n" + value if field in event and field == "data" else value
        with self.news:
            self.ended = True
            self.news.notify_all()

    def wait(self, want, what, seconds=10):
        """The first event for which want(event, data) holds."""
        deadline = time.monotonic() + seconds * SLOW
        with self.news:
            while True:
                for event in self.events:
                    if want(event, json.loads(event["data"])):
                        return event
                left = deadline - time.monotonic()
                expect(left > 0 and not self.ended, f"no {what} among", [(e.get("event"), e["data"][:80]) for e in self.events][-12:])
                self.news.wait(left)

    def close(self):
        with contextlib.suppress(Exception):
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


@case
def a_session_is_told_as_it_happens(server):
    server.add_token("EV")
    stream = Stream(server)
    station = server.station("EV-1", boot=True)
    stream.wait(lambda e, d: e["event"] == "station.connected" and d["id"] == "EV-1", "station.connected")
    stream.wait(lambda e, d: e["event"] == "station.booted" and d["id"] == "EV-1", "station.booted")
    station.call("StatusNotification", status16(1, "Available"))
    stream.wait(lambda e, d: e["event"] == "connector.status", "connector.status")
    charge = Charge(station, "EV")
    started = stream.wait(lambda e, d: e["event"] == "session.started" and d["station"] == "EV-1", "session.started")
    charge.stop(1234)
    ended = stream.wait(lambda e, d: e["event"] == "session.ended" and d["station"] == "EV-1", "session.ended")
    data = json.loads(ended["data"])
    equal((data["energy_wh"], data["state"]), (1234, "ended"), "the event holds the session as REST shows it")
    equal(data["id"], json.loads(started["data"])["id"], "the same session")
    equal(set(data), set(server.get(f"sessions/{data['id']}")), "the same members as in REST")
    station.close()
    stream.wait(lambda e, d: e["event"] == "station.disconnected" and d["id"] == "EV-1", "station.disconnected")
    stream.close()


@case
def a_resumed_stream_skips_nothing(server):
    server.add_token("RES")
    station = server.station("RES-1", boot=True)
    stream = Stream(server)
    starts = []

    def one(n):
        charge = Charge(station, "RES", meter=n * 100)
        charge.stop(n * 100 + 50)
        starts.append(str(charge.transaction))

    mine = lambda e, d: e["event"] == "session.ended" and d["station"] == "RES-1"
    one(0)
    last = stream.wait(mine, "the first session.ended")["id"]
    stream.close()
    for n in range(1, 6):
        one(n)
    stream = Stream(server, last=last)
    for n in range(6, 9):
        one(n)
    stream.wait(lambda e, d: mine(e, d) and d["transaction_id"] == starts[-1], "the last session.ended", 15)
    told = [json.loads(e["data"])["transaction_id"] for e in stream.events if mine(e, json.loads(e["data"]))]
    told = [str(t) for t in told]
    equal([t for t in starts[1:] if t not in told], [], "sessions that were not told")
    stream.close()


@case
def a_stream_resumes_over_a_restart():
    with Server(keep=True) as server:
        data, key = server.data, server.key
        server.add_token("OVER")
        stream = Stream(server)
        station = server.station("OVER-1", boot=True)
        first = Charge(station, "OVER", meter=0)
        last = stream.wait(lambda e, d: e["event"] == "session.started", "session.started")["id"]
        first.stop(10)
        second = Charge(station, "OVER", meter=10)
        stream.close()
    again = Server(data=data, start=False)
    again.key = key
    with again.start():
        stream = Stream(again, last=last)
        stream.wait(lambda e, d: e["event"] == "session.ended" and str(d["transaction_id"]) == str(first.transaction), "session.ended of before")
        stream.wait(lambda e, d: e["event"] == "session.started" and str(d["transaction_id"]) == str(second.transaction), "session.started of before")
        stream.close()
    shutil.rmtree(data, ignore_errors=True)


@case
def topics_and_station_filter(server):
    server.add_token("TOP")
    stations = [server.station(f"TOP-{n}") for n in (1, 2)]
    only = Stream(server, "?topics=session.started&station=TOP-1")
    for station in stations:
        station.boot()
        Charge(station, "TOP")
    only.wait(lambda e, d: d["station"] == "TOP-1", "session.started of TOP-1")
    time.sleep(0.5)
    equal({(e["event"], json.loads(e["data"])["station"]) for e in only.events}, {("session.started", "TOP-1")}, "what came")
    only.close()
    equal(server.rest("GET", "events?topics=nonsense").status, 422, "an unknown topic")


@case
def power_is_a_live_value(server):
    server.add_token("LIVE")
    station = server.station("LIVE-1", boot=True)
    charge = Charge(station, "LIVE")
    stream = Stream(server)
    charge.meter(100, None, sample16(11000, "Power.Active.Import", "W"))
    stream.wait(lambda e, d: e["event"] == "value" and "LIVE-1" in e["data"] and "11000" in e["data"], "a value with 11000 W")
    stream.close()


@case
def sixty_readers_that_leave_do_no_harm(server):
    streams = [Stream(server) for _ in range(60)]
    for stream in streams[::2]:
        stream.close()
    server.station("MANY-1", boot=True)
    for stream in streams[1::2]:
        stream.wait(lambda e, d: e["event"] == "station.connected" and d["id"] == "MANY-1", "station.connected")
        stream.close()


@case
def a_last_event_id_that_is_none_is_not_taken_for_one(server):
    connection = http.client.HTTPConnection(*server.http, timeout=10 * SLOW)
    connection.request("GET", "/api/v1/events", headers={"Authorization": "Bearer " + server.key, "Last-Event-ID": "; DROP TABLE event"})
    expect(connection.getresponse().status in (200, 400, 422), "status")
    connection.close()
    equal(server.rest("GET", "/healthz", key=False).status, 200, "healthz afterwards")


if __name__ == "__main__":
    run()
