#!/usr/bin/env python3
"""A site with many stations, seen from outside: a cap reaches all of them soon, and what was decided can be read and made again."""
import glob
import sqlite3

from harness import *
from obedient import *
from ocpp import *
from openapi import Document

STATIONS = 40
CARS = 6  # at stations that have shown that they obey


def make_server():
    server = Server()
    server.document = Document(server.rest("GET", "openapi.json", key=False).json)
    server.site = server.post("sites", {"name": "Car park", "time_zone": "UTC"}, status=201)["id"]
    names = [f"MANY-{n}" for n in range(STATIONS)]
    for name in names:
        server.add_station(name, site=server.site)
    for name in names[:CARS]:
        server.station(name, V16, add=False, boot=True)  # its firmware is known then
        server.add_token(f"CAR-{name}")
    document = {"mode": "equal", "rules": {"hold_s": 1, "switch_s": 1, "reclaim_s": 3600}, "nodes": [{"id": "grid", "kind": "grid", "limit_a": 32 * STATIONS},
                                           *({"id": s, "parent": "grid", "kind": "station", "station": s, "limit_a": 32} for s in names)]}
    reply = server.rest("PUT", f"sites/{server.site}/power", document)
    equal(reply.status, 201, f"PUT power ({reply.text[:400]})")
    equal(server.stop(), 0, "stop")
    prove(server)
    server.start()
    cars = [Obedient(server, name) for name in names[:CARS]]
    server.held, server.stations = server.stations, []  # they stay for all cases
    for car in cars:
        car.plug(f"CAR-{car.identity}")
    return server


def replay(server, text):
    file = os.path.join(server.data, "decision.json")
    with open(file, "w", encoding="utf-8") as out:
        out.write(text)
    done = voltd("plan", "--replay", file)
    equal((done.returncode, done.stdout), (0, "same\n"), f"replay ({done.stderr})")


@case
def a_long_page_of_the_log_is_read_and_made_again(server):
    path = f"sites/{server.site}/power/decisions"
    items = eventually(lambda: server.items(path), "a decision", seconds=20)
    reply = server.rest("GET", f"{path}/{items[0]['id']}")
    equal(reply.status, 200, f"status ({reply.text[:300]})")
    equal(server.document.faults("GET", f"/{path}/{items[0]['id']}", reply), [], "faults")
    equal(len(reply.json["decision"]["input"]["evses"]), STATIONS, "EVSEs")
    replay(server, reply.text)


@case
def pages_of_the_log_are_packed_one_against_the_other_and_read_again(server):
    path = f"sites/{server.site}/power/decisions"
    live = lambda: server.rest("GET", f"sites/{server.site}/power/live").json["evses"][:CARS]
    eventually(lambda: all(evse["confirmed_a"] == 32 for evse in live()), "limits are confirmed", seconds=60)
    # Stations that never came are counted at their breakers.
    limits = [32 * (STATIONS - CARS) + left for left in (100, 40, 90, 36, 120)]
    for limit in limits:
        reply = server.rest("POST", f"sites/{server.site}/power/cap", {"limit_a": limit, "duration_s": 600, "reason": "a test"})
        equal(reply.status // 100, 2, f"cap ({reply.text[:300]})")
        share = (limit - 32 * (STATIONS - CARS)) // CARS
        eventually(lambda: all(evse["confirmed_a"] in (share, share + 1) for evse in live()), f"cap {limit} is confirmed", seconds=60)
    items = server.items(f"{path}?limit=100")
    for item in items:
        reply = server.rest("GET", f"{path}/{item['id']}")
        equal(reply.status, 200, f"status of {item} ({reply.text[:300]})")
        replay(server, reply.text)
    with contextlib.closing(sqlite3.connect(glob.glob(os.path.join(server.data, "*.db"))[0])) as db:
        pages = db.execute("select chain, length(packed) from power_decision").fetchall()
    alone, chained = [size for chain, size in pages if not chain], [size for chain, size in pages if chain]
    expect(len(chained) >= len(limits) - 1, f"pages: {pages}")
    expect(sum(chained) / len(chained) < max(alone) / 2, f"sizes: {alone} {chained}")


@case
def the_core_says_how_long_it_was_held(server):
    metrics = server.rest("GET", "/metrics", key=False).text
    expect("voltd_core_held_longest_microseconds " in metrics, "metrics:", metrics[:400])


@case
def a_cap_is_on_the_wires_of_200_stations_soon(server):
    file = os.path.join(server.data, "cap.json")
    done = voltd("bench", "cap", "--connections", "200", "--rounds", "3", "--json", file)
    equal(done.returncode, 0, f"bench cap: {done.stdout[-300:]}{done.stderr}")
    with open(file, encoding="utf-8") as text:
        rows = {row["metric"]: row["value"] for row in json.load(text)["rows"]}
    print(f"# the last of 200 after {rows['on_the_wire_last']:.1f} ms")
    expect(rows["on_the_wire_last"] < 1000, f"it took {rows}")  # 50 ms is the aim; this machine does other work


if __name__ == "__main__":
    run(make_server)
