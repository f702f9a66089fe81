#!/usr/bin/env python3
"""A station that has not shown yet that it obeys counts at its breaker. A limit that drops is told to it all the same, also while it is being tried."""
from harness import *
from obedient import *
from ocpp import *

STATION = "NEW-1"


class Modest(Obedient):
    """Its car takes a little less than a trial needs, so that the trial goes on."""
    MOST_A = 7.5

    def draw(self):
        return min(super().draw(), self.MOST_A)


class Humble(Modest):
    """And less than one begins with."""
    MOST_A = 6.5


class Unpausable(Obedient):
    """It refuses 0 A, so its car begins at its default."""

    def set(self, payload):
        if payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] < 6:
            return {"status": "Rejected"}
        return super().set(payload)


def make_server():
    server = Server()
    server.site = server.post("sites", {"name": "New site", "time_zone": "UTC"}, status=201)["id"]
    server.add_station(STATION, site=server.site)
    server.add_token("CAR")
    reply = server.rest("PUT", f"sites/{server.site}/power", {
        "mode": "equal", "rules": {"hold_s": 0, "switch_s": 0},
        "nodes": [{"id": "grid", "kind": "grid", "limit_a": 40}, {"id": "new", "parent": "grid", "kind": "station", "station": STATION, "limit_a": 32, "fail_safe_a": 6}]})
    equal(reply.status, 201, reply.text[:300])
    server.car = Modest(server, STATION)
    eventually(lambda: server.get(f"stations/{STATION}/behaviour")["trouble_code"] == "not_proven", "it was asked what it can", seconds=20)
    server.held, server.stations = server.stations, []
    return server


def live(server):
    return server.get(f"sites/{server.site}/power/live")["evses"][0]


def cap(server, amps):
    server.post(f"sites/{server.site}/power/cap", {"limit_a": amps, "duration_s": 600, "reason": "the grid asks"}, status=200)


@case
def a_limit_that_drops_ends_a_trial_and_is_told(server):
    server.car.plug("CAR")
    eventually(lambda: live(server)["probing"] and server.car.limit() == 32, "it is tried, and may draw 32 A", seconds=20)
    cap(server, 6)
    eventually(lambda: server.car.limit() <= 6, "6 A", seconds=10)
    equal((live(server)["probing"], live(server)["proven"]), (False, False), "it is tried another time")


@case
def who_is_not_proven_is_told_of_a_limit_that_drops(server):
    equal(server.rest("DELETE", f"sites/{server.site}/power/cap").status, 204, "lifted")
    eventually(lambda: server.car.limit() == 32, "32 A, as it would be booked at anyway", seconds=60)
    cap(server, 10)
    eventually(lambda: server.car.limit() <= 10, "10 A", seconds=10)
    equal(server.rest("DELETE", f"sites/{server.site}/power/cap").status, 204, "lifted")
    eventually(lambda: server.car.limit() == 32, "32 A again", seconds=60)


@case
def what_a_person_sets_is_told_to_it_too(server):
    session = next(s["id"] for s in server.sessions(STATION) if s["state"] == "open")
    for amps in (8, 0):
        equal(server.rest("PUT", f"sessions/{session}/limit", {"limit_a": amps, "duration_s": 600}).status, 200, "set")
        eventually(lambda a=amps: server.car.limit() == a, f"{amps} A", seconds=10)
    equal(live(server)["booked_a"], 32, "and is booked at its breaker")
    equal(server.rest("DELETE", f"sessions/{session}/limit").status, 204, "lifted")
    eventually(lambda: server.car.limit() == 32, "32 A again", seconds=60)
    server.car.running = False


@case
def who_is_tried_gets_no_more_than_it_was_given(server):
    """Just after it was asked: what its default was before may still be in force as far as anybody knows, and is no room to be given."""
    site = server.post("sites", {"name": "Two new ones", "time_zone": "UTC"}, status=201)["id"]
    names = ("NEW-2", "NEW-3")
    for name in names:
        server.add_station(name, site=site)
        server.add_token("CAR-" + name)
    reply = server.rest("PUT", f"sites/{site}/power", {
        "mode": "equal", "rules": {"hold_s": 0, "switch_s": 0},
        "nodes": [{"id": "grid", "kind": "grid", "limit_a": 30},
                  *({"id": name, "parent": "grid", "kind": "station", "station": name, "limit_a": 32, "fail_safe_a": 7} for name in names)]})
    equal(reply.status, 201, reply.text[:300])
    cars = [Unpausable(server, name) for name in names]
    for name in names:
        eventually(lambda n=name: server.get(f"stations/{n}/behaviour")["trouble_code"] == "not_proven", "it was asked what it can", seconds=20)
    for name, car in zip(names, cars):
        car.plug("CAR-" + name)
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        draws = [car.draw() for car in cars]
        expect(sum(draws) <= 30, "what flows through the feeder of 30 A:", draws)
        time.sleep(0.05)
    for car in cars:
        car.running = False


class Deaf:
    """It answers everything with an error, and its car draws 32 A."""

    def __init__(self, server, identity):
        self.station = server.station(identity, V16, add=False)
        actions = ("SetChargingProfile", "ClearChargingProfile", "GetCompositeSchedule", "GetConfiguration", "ChangeConfiguration", "TriggerMessage")
        self.station.on.update({action: ("InternalError", "no") for action in actions})
        self.station.boot()
        self.running = True

    def plug(self, token):
        self.transaction = self.station.call("StartTransaction", start16(token, meter=0, at=utc()))["transactionId"]
        threading.Thread(target=self.tell, daemon=True).start()

    def tell(self):
        while self.running and not self.station.ended:
            with contextlib.suppress(Exception):
                self.station.call("MeterValues", meter16(self.transaction, *(sample16(32, "Current.Import", "A", phase=f"L{line}") for line in (1, 2, 3)), at=utc()))
            time.sleep(1)


def probing(server, site, station):
    return next(evse["probing"] for evse in server.get(f"sites/{site}/power/live")["evses"] if evse["station"] == station)


@case
def others_make_room_for_one_that_is_told_in_vain(server):
    """Others make room for one that is told in vain. It hung up while it was asked what it can: who is under a probe is shared out with nobody in any case."""
    site = server.post("sites", {"name": "One is deaf", "time_zone": "UTC"}, status=201)["id"]
    for name in ("DEAF", "NEW-4"):
        server.add_station(name, site=site)
        server.add_token("CAR-" + name)
    reply = server.rest("PUT", f"sites/{site}/power", {
        "mode": "equal", "rules": {"hold_s": 0, "switch_s": 0},
        "nodes": [{"id": "grid", "kind": "grid", "limit_a": 64},
                  *({"id": name, "parent": "grid", "kind": "station", "station": name, "limit_a": 32, "fail_safe_a": 0} for name in ("DEAF", "NEW-4"))]})
    equal(reply.status, 201, reply.text[:300])
    first = Deaf(server, "DEAF")
    eventually(lambda: probing(server, site, "DEAF"), "it is asked what it can", seconds=20)
    first.station.close()
    eventually(lambda: not probing(server, site, "DEAF"), "and no more", seconds=20)
    deaf, car = Deaf(server, "DEAF"), Humble(server, "NEW-4")
    eventually(lambda: server.get("stations/NEW-4/behaviour")["trouble_code"] == "not_proven", "it was asked what it can", seconds=20)
    deaf.plug("CAR-DEAF")
    car.plug("CAR-NEW-4")
    eventually(lambda: car.limit() == 32, "all that it takes", seconds=60)
    equal(probing(server, site, "DEAF"), False, "it is still not asked")
    server.post(f"sites/{site}/power/cap", {"limit_a": 36, "duration_s": 600, "reason": "the grid asks"}, status=200)
    eventually(lambda: car.limit() <= 4, "it makes room", seconds=15)
    time.sleep(5)
    expect(car.limit() <= 4, "and goes on to", car.limit())
    deaf.running = car.running = False


if __name__ == "__main__":
    run(make_server)
