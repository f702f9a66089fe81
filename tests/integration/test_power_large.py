#!/usr/bin/env python3
"""A power document that is too long for one step: checked as a whole, in force as a whole, also when the server dies meanwhile."""
import threading

from harness import *
from obedient import *
from ocpp import *

STATIONS = 700  # their document takes steps: some 60 KB
CARS = 3


def nodes(limit_a, names, **more):
    return [{"id": "grid", "kind": "grid", "limit_a": limit_a}, *({"id": f"n-{name}", "name": f"The station {name} in the garage", "parent": "grid", "kind": "station",
            "station": name, "limit_a": 32, "fail_safe_a": 0, **more} for name in names)]


def document(limit_a, names, **more):
    return {"mode": "equal", "rules": {"hold_s": 1, "switch_s": 1, "reclaim_s": 3600}, "nodes": nodes(limit_a, names, **more)}


def add_stations(server, names):
    lines = "id,registration\n" + "".join(f"{name},accepted\n" for name in names)
    done = server.rest("POST", "stations/import", raw=lines.encode(), headers={"Content-Type": "text/csv"}, timeout=120)
    equal(done.status, 200, f"import ({done.text[:300]})")


def make_server():
    server = Server()
    server.site = server.post("sites", {"name": "Garage", "time_zone": "UTC"}, status=201)["id"]
    server.names = [f"LARGE-{n}" for n in range(STATIONS)]
    add_stations(server, server.names[CARS:])
    for name in server.names[:CARS]:
        server.add_station(name)
        server.station(name, V16, add=False, boot=True)  # its firmware is known then
        server.add_token(f"CAR-{name}")
    return server


def put(server, body, query="", **more):
    return server.rest("PUT", f"sites/{server.site}/power{query}", body, timeout=120, **more)


def of_the_site(server):
    return {s["id"] for s in server.items(f"stations?site={server.site}&limit=1000")}


@case
def what_is_wrong_is_told_as_a_whole_and_nothing_is_changed(server):
    wrong = document(2000, server.names)
    wrong["nodes"][500]["parent"] = "nowhere"
    wrong["nodes"][600]["station"] = "NOBODY"
    reply = put(server, wrong)
    equal(reply.status, 422, f"status ({reply.text[:300]})")
    equal({(e["path"], e["code"]) for e in reply.json["errors"]}, {("nodes[500].parent", "no_node"), ("nodes[600].station", "station_unknown")}, "errors")
    equal(server.rest("GET", f"sites/{server.site}/power").status, 404, "no document is there")
    equal(of_the_site(server), set(), "stations of the site")
    dry = put(server, document(2000, server.names), "?dry_run=true")
    equal((dry.status, dry.json["applied"], dry.json["evses"], dry.json["errors"]), (200, False, STATIONS, []), "dry run")
    equal(server.rest("GET", f"sites/{server.site}/power").status, 404, "after a dry run")


@case
def the_answer_comes_when_it_is_in_force(server):
    reply = put(server, document(2000, server.names), headers={"If-Match": '"7"'})
    equal(reply.status, 412, "an old version")
    reply = put(server, document(2000, server.names))
    equal((reply.status, reply.json["evses"], reply.headers["etag"]), (201, STATIONS, '"1"'), "put")
    equal(len(server.rest("GET", f"sites/{server.site}/power/live?limit=1000").json["evses"]), STATIONS, "EVSEs that are shared out")
    equal(of_the_site(server), set(server.names), "stations of the site")
    entries = server.items(f"audit?target=station:{server.names[-1]}")
    equal(entries[0]["after"]["site"], server.site, "the audit has it")
    reply = put(server, document(1900, server.names), headers={"If-Match": '"1"'})
    equal((reply.status, reply.headers["etag"]), (200, '"2"'), "put again")
    equal(server.rest("GET", f"sites/{server.site}/power").json["nodes"][0]["limit_a"], 1900, "what is kept")


@case
def two_at_once_are_one_after_the_other_or_one_is_refused(server):
    replies = []
    threads = [threading.Thread(target=lambda a=a: replies.append(put(server, document(a, server.names)))) for a in (1800, 1801, 1802)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(all(r.status in (200, 409, 503) for r in replies) and any(r.status == 200 for r in replies), [(r.status, r.text[:200]) for r in replies])
    expect(server.rest("GET", f"sites/{server.site}/power").json["nodes"][0]["limit_a"] in (1800, 1801, 1802), "one of them holds")


@case
def a_client_that_hangs_up_leaves_it_whole(server):
    body = json.dumps(document(1700, server.names)).encode()
    with socket.create_connection(server.http) as raw:
        raw.sendall(f"PUT /api/v1/sites/{server.site}/power HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    eventually(lambda: server.rest("GET", f"sites/{server.site}/power").json["nodes"][0]["limit_a"] == 1700, "it holds all the same")
    eventually(lambda: put(server, document(1701, server.names)).status == 200, "and the next one is taken")  # 409 until that one is in force


@case
def cars_that_charge_are_never_given_more_meanwhile(server):
    equal(server.stop(), 0, "stop")
    prove(server)
    server.start()
    cars = [Obedient(server, name) for name in server.names[:CARS]]
    server.held, server.stations = server.stations, []
    for car in cars:
        car.plug(f"CAR-{car.identity}")
    others = 32 * (STATIONS - CARS)  # counted at their breakers: nobody has seen them
    sums = []
    equal(put(server, document(others + 60, server.names)).status, 200, "60 A for three cars")
    eventually(lambda: [c.limit() for c in cars] == [20] * CARS, "each has its share", seconds=90)
    for limit_a in (59, 60, 30, 60, 45):
        equal(put(server, document(others + limit_a, server.names)).status, 200, f"{limit_a} A")
        if limit_a == 30:
            eventually(lambda: [c.limit() for c in cars] == [10] * CARS, "a lower limit reaches all", seconds=90)
        sums.append(sum(car.limit() for car in cars))
    expect(max(sums) <= 60, f"what they may draw together: {sums}")
    eventually(lambda: sum(c.limit() for c in cars) in (44, 45), "the last one holds", seconds=90)
    for car in cars:
        car.running = False


@case
def a_server_that_dies_meanwhile_begins_with_one_of_them(server):
    names = [f"LATE-{n}" for n in range(STATIONS)]
    add_stations(server, names)
    site = server.post("sites", {"name": "Yard", "time_zone": "UTC"}, status=201)["id"]
    seen = set()
    for round_, delay in enumerate((0.01, 0.03, 0.06, 0.1, 0.2, 0.4)):
        def ask():
            with contextlib.suppress(OSError, AssertionError, http.client.HTTPException):
                server.rest("PUT", f"sites/{site}/power", document(3000 + round_, names), timeout=20)
        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(delay)
        server.kill()
        thread.join()
        server.start()
        reply = server.rest("GET", f"sites/{site}/power")
        seen.add(reply.status)
        if reply.status == 404:
            equal({s["id"] for s in server.items(f"stations?site={site}&limit=1000")}, set(), "nothing is there by half")
            continue
        equal(len(reply.json["nodes"]), STATIONS + 1, "all of it is there")
        eventually(lambda: {s["id"] for s in server.items(f"stations?site={site}&limit=1000")} == set(names), "and its stations follow", seconds=30)
        equal(len(server.rest("GET", f"sites/{site}/power/live?limit=1000").json["evses"]), STATIONS, "EVSEs that are shared out")
    print(f"# found after kills: {sorted(seen)}")


if __name__ == "__main__":
    run(make_server)
