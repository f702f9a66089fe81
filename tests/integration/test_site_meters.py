#!/usr/bin/env python3
"""Site meters as a site sees them: a Modbus device (pymodbus) and an MQTT broker (mosquitto) on loopback, and a station that is a meter.

What they show comes off what cars may have; when they fall silent the safe assumption holds, and says why.
"""
import shutil
import socket

from harness import *
from ocpp import *

DEVICE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "meters", "device.py")
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's pymodbus


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def process(*command):
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def device(port):
    return process(SYSTEM_PYTHON, DEVICE, "eastron", str(port))  # 20 A and 4.6 kW on L1


def meter(**more):
    return {"id": "main", "node": "grid", "measures": "load", "stale_after_s": 5, "safe_a": 50, **more}


def put(server, **more):
    site = server.post("sites", {"name": f"Site {time.time()}", "time_zone": "Europe/Berlin"}, status=201)["id"]
    reply = server.rest("PUT", f"sites/{site}/power", {"nodes": [{"id": "grid", "kind": "grid", "limit_a": 100}], "meters": [meter(**more)]})
    equal(reply.status, 201, reply.text[:400])
    return site


def reserved(server, site):
    return server.get(f"sites/{site}/power/live")["nodes"][0]["reserved_a"]


def silent(server):
    return [a["text"] for a in server.get("attention")["items"] if a["kind"] == "meter_stale"]


@case
def a_modbus_meter_is_asked_and_its_silence_is_told(server):
    port = free_port()
    with device(port):
        eventually(lambda: listens(port), "the device listens", seconds=20)
        site = put(server, source="modbus", address=f"127.0.0.1:{port}", unit_id=1, map="eastron-sdm630", period_s=1)
        eventually(lambda: reserved(server, site) == [20, 0, 0], "20 A of load on L1", seconds=20)
    eventually(lambda: reserved(server, site) == [50, 50, 50], "the safe assumption, 50 A", seconds=20)
    eventually(lambda: any("127.0.0.1" in text for text in silent(server)), "it says what is wrong", seconds=20)
    with device(port):
        eventually(lambda: reserved(server, site) == [20, 0, 0], "20 A again", seconds=60)


@case
def an_mqtt_meter_is_listened_to(server):
    port, folder = free_port(), temp_dir()
    with open(os.path.join(folder, "mosquitto.conf"), "w", encoding="utf-8") as file:
        file.write(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    values = [{"what": f"current_l{n}", "unit": "A", "path": f"i[{n - 1}]"} for n in (1, 2, 3)]
    with process(shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", os.path.join(folder, "mosquitto.conf")):
        eventually(lambda: listens(port), "the broker listens", seconds=20)
        site = put(server, source="mqtt", address=f"127.0.0.1:{port}", topic="site/meter", values=values)

        def told(amps):
            subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-t", "site/meter", "-m", json.dumps({"i": amps})], check=True)
            return reserved(server, site) == amps
        eventually(lambda: told([12, 13.5, 0]), "what the message says", seconds=20)
        eventually(lambda: told([30, 1, 2]), "what the next one says", seconds=20)
    eventually(lambda: reserved(server, site) == [50, 50, 50], "the safe assumption", seconds=20)


@case
def a_value_in_another_unit_is_not_believed(server):
    port, folder = free_port(), temp_dir()
    with open(os.path.join(folder, "mosquitto.conf"), "w", encoding="utf-8") as file:
        file.write(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with process(shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", os.path.join(folder, "mosquitto.conf")):
        eventually(lambda: listens(port), "the broker listens", seconds=20)
        site = put(server, source="mqtt", address=f"127.0.0.1:{port}", topic="m", values=[{"what": "power", "unit": "kW"}])

        def told():
            subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-t", "m", "-m", "23000"], check=True)  # W, said to be kW
            return any("another unit" in text for text in silent(server))
        eventually(told, "it says so", seconds=20)
        equal(reserved(server, site), [50, 50, 50], "the safe assumption")


@case
def a_station_is_the_meter_of_its_site(server):
    station = server.station("GRID-METER", V16, boot=True)
    site = put(server, source="station", station="GRID-METER", evse=0)
    values = [sample16(amps, "Current.Import", "A", phase=f"L{line}") for line, amps in ((1, 7), (2, 8), (3, 9))]

    def told():
        station.call("MeterValues", {"connectorId": 0, "meterValue": [{"timestamp": utc(), "sampledValue": values}]})
        return reserved(server, site) == [7, 8, 9]
    eventually(told, "what its main meter says", seconds=20)
    eventually(lambda: reserved(server, site) == [50, 50, 50], "the safe assumption once it is silent", seconds=20)


def put_push(server, site, **more):
    document = {"nodes": [{"id": "grid", "kind": "grid", "limit_a": 100}],
                "meters": [{"id": "main", "node": "grid", "source": "push", "measures": "load", "stale_after_s": 5, **more}]}
    return server.rest("PUT", f"sites/{site}/power", document)


def push(server, site, amps):
    server.post(f"sites/{site}/meters/main/readings", {"current_a": [amps] * 3}, status=204)


@case
def a_silent_meter_of_which_nothing_is_said_counts_at_the_most_that_it_has_shown(server):
    site = server.post("sites", {"name": "No assumption", "time_zone": "Europe/Berlin"}, status=201)["id"]
    reply = put_push(server, site)
    equal((reply.status, [w["path"] for w in reply.json["warnings"]]), (201, ["meters[0].safe_a"]), f"it is warned of ({reply.text[:300]})")
    for amps in (40, 25):
        push(server, site, amps)
        eventually(lambda a=amps: reserved(server, site) == [a] * 3, f"{amps} A", seconds=5)
    eventually(lambda: server.get(f"sites/{site}/power/live")["nodes"][0]["meter_stale"], "it is silent", seconds=15)
    eventually(lambda: reserved(server, site) == [40] * 3, "not nothing: it may still flow", seconds=5)


@case
def loads_of_one_node_that_have_a_meter_each_add_up(server):
    site = server.post("sites", {"name": "Two loads", "time_zone": "Europe/Berlin"}, status=201)["id"]
    meters = [{"id": name, "node": "grid", "source": "push", "measures": "load", "stale_after_s": 600, "safe_a": safe} for name, safe in (("lift", 7), ("pump", 11))]
    equal(server.rest("PUT", f"sites/{site}/power", {"nodes": [{"id": "grid", "kind": "grid", "limit_a": 100}], "meters": meters}).status, 201, "put")
    equal(reserved(server, site), [18] * 3, "what is assumed of both")
    for name, amps in (("lift", 20), ("pump", 5)):
        server.post(f"sites/{site}/meters/{name}/readings", {"current_a": [amps] * 3}, status=204)
    eventually(lambda: reserved(server, site) == [25] * 3, "what both tell", seconds=5)


@case
def a_load_below_nothing_makes_no_room_where_nothing_gives_power(server):
    site = server.post("sites", {"name": "Wrong way round", "time_zone": "Europe/Berlin"}, status=201)["id"]
    equal(put_push(server, site, safe_a=60, stale_after_s=600).status, 201, "put")
    push(server, site, -30)
    eventually(lambda: reserved(server, site) == [0] * 3, "nothing", seconds=5)


@case
def a_meter_goes_on_when_the_document_is_changed(server):
    site = server.post("sites", {"name": "Edited", "time_zone": "Europe/Berlin"}, status=201)["id"]
    equal(put_push(server, site, safe_a=60, stale_after_s=600).status, 201, "put")
    push(server, site, 25)
    eventually(lambda: reserved(server, site) == [25] * 3, "25 A", seconds=5)
    equal(put_push(server, site, safe_a=50, stale_after_s=600).status, 200, "put anew")
    state = server.get(f"sites/{site}/power/live")["nodes"][0]
    equal((state["meter_stale"], state["reserved_a"]), (False, [25] * 3), "it has not fallen silent by that")


@case
def a_meter_that_makes_no_sense_is_refused(server):
    for wrong, word in (({"source": "modbus", "address": "127.0.0.1", "map": "no-such-map"}, "no-such-map"), ({"source": "mqtt", "address": "127.0.0.1", "topic": "t"}, "value"),
                        ({"source": "mqtt", "address": "127.0.0.1", "topic": "t", "values": [{"what": "power", "unit": "W"}], "password_file": "../../etc/shadow"}, "file")):
        reply = server.rest("PUT", f"sites/{server.site}/power", {"nodes": [{"id": "grid", "kind": "grid", "limit_a": 100}], "meters": [meter(**wrong)]})
        equal(reply.status, 422, reply.text[:300])
        expect(word in reply.text, "it names what is wrong", word, reply.text[:300])


def make_server():
    server = Server()
    server.site = server.post("sites", {"name": "Bad meters", "time_zone": "Europe/Berlin"}, status=201)["id"]
    return server


if __name__ == "__main__":
    run(make_server)
