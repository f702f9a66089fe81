#!/usr/bin/env python3
"""A site with many stations, seen from outside: a cap reaches all of them soon, and what was decided can be read and made again."""
from harness import *
from openapi import Document

STATIONS = 40


def make_server():
    server = Server()
    server.document = Document(server.rest("GET", "openapi.json", key=False).json)
    server.site = server.post("sites", {"name": "Car park", "time_zone": "UTC"}, status=201)["id"]
    names = [f"MANY-{n}" for n in range(STATIONS)]
    for name in names:
        server.add_station(name, site=server.site)
    document = {"mode": "equal", "nodes": [{"id": "grid", "kind": "grid", "limit_a": 400},
                                           *({"id": s, "parent": "grid", "kind": "station", "station": s, "limit_a": 32} for s in names)]}
    reply = server.rest("PUT", f"sites/{server.site}/power", document)
    equal(reply.status, 201, f"PUT power ({reply.text[:400]})")
    return server


@case
def a_long_page_of_the_log_is_read_and_made_again(server):
    path = f"sites/{server.site}/power/decisions"
    items = eventually(lambda: server.items(path), "a decision", seconds=20)
    reply = server.rest("GET", f"{path}/{items[0]['id']}")
    equal(reply.status, 200, f"status ({reply.text[:300]})")
    equal(server.document.faults("GET", f"/{path}/{items[0]['id']}", reply), [], "faults")
    equal(len(reply.json["decision"]["input"]["evses"]), STATIONS, "EVSEs")
    file = os.path.join(server.data, "decision.json")
    with open(file, "w", encoding="utf-8") as out:
        out.write(reply.text)
    done = voltd("plan", "--replay", file)
    equal((done.returncode, done.stdout), (0, "same\n"), f"replay ({done.stderr})")


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
