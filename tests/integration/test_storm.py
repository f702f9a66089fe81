#!/usr/bin/env python3
"""Many stations at once: all come back after a kill, more handshakes than are admitted, more connections than descriptors. `storm.py` alone does
the first with thousands."""
from storm import *

STATIONS = 300


@case
def all_come_back_at_once():
    first, again, log = storm(STATIONS, False, 10, 10)
    expect("TLS" not in log and "descriptors" not in log, log[-400:])


@case
def tls_handshakes_are_admitted_at_a_rate():
    first, again, log = storm(STATIONS, True, 60, 60, "net.tls_per_second=50")
    expect("more TLS connections than 50 a second: they wait" in log, "a line that says so:", log[-400:])
    # A second's worth at once, the rest at the rate: 5 s.
    expect(again > 4 and first > 4, "as slow as it should be:", first, again)


@case
def with_all_descriptors_in_use_people_get_in_and_stations_wait():
    server = Server(wrap=["prlimit", "--nofile=400:400"])  # 256 of them are not for stations
    crowd = None
    try:
        register(server, 200)
        crowd = Crowd(server.ocpp, 200)
        crowd.start()
        crowd.settle(140, 10)
        time.sleep(2 * RETRY_S)
        had = crowd.answered()
        expect(had <= 400 - 256, had, "stations are connected")
        expect("no descriptors left for more" in server.log(), "a line that says so:", server.log()[-400:])
        people = [http.client.HTTPConnection(*server.http, timeout=10) for _ in range(50)]
        for one in people:
            one.request("GET", "/healthz")
            equal(one.getresponse().read() is not None, True, "healthz")
        equal(connected(server), had, "stations, as REST tells")
        path = os.path.join(temp_dir(), "backup")
        for args in (["key", "create", "--role", "viewer"], ["backup", path]):
            done = voltd(*args, "--data", server.data)
            equal(done.returncode, 0, f"exit code of {args[0]} ({done.stderr[:300]})")
        for one in people:
            one.close()
        # Some leave for good: others get their places.
        leaving = [n for n, client in enumerate(crowd.clients) if client.answered is not None][:60]
        crowd.loop.call_soon_threadsafe(lambda: [crowd.tasks[n].cancel() for n in leaving])
        eventually(lambda: sum(client.answered is not None for n, client in enumerate(crowd.clients) if n not in leaving) == 140, "all who stayed are in", 10)
        crowd.stop()
        crowd = None
        equal(server.close(), 0, "exit code")
    finally:
        if crowd:
            crowd.stop()
        server.kill()


if __name__ == "__main__":
    run()
