#!/usr/bin/env python3
"""Stations and cars that do something else than they say, at a feeder of 40 A with a clamp on it, and a server that is killed in the middle.

What a station breaks that it had confirmed is seen by its meter: the clamp may be passed until then, by that and for seconds. All else never passes it.
"""
from harness import *
from ocpp import *
from outlet import PROVEN, live, shared_site
from wallbox import *

FEEDER_A = 40
FOUND_S = 6  # two meter values, a second apart, the others' room and a busy machine


def yard(protocols, evses=None, fail_safe_a=6):
    """A server with these stations (identity → protocol), each with a breaker of 32 A, that have shown that they obey."""
    nodes = [{"id": "grid", "kind": "grid", "limit_a": FEEDER_A},
             *({"id": name, "parent": "grid", "kind": "station", "station": name, "limit_a": 32, "fail_safe_a": fail_safe_a, **(evses or {}).get(name, {})} for name in protocols)]
    return shared_site(protocols, {"mode": "equal", "rules": {"hold_s": 0, "switch_s": 0, "reclaim_s": 3600}, "nodes": nodes}, dict.fromkeys(protocols, PROVEN))


@contextlib.contextmanager
def charging(server, boxes, others=()):
    """Cars come to all of them, and the clamp is read."""
    clamp = None
    try:
        for box in boxes:
            eventually(box.is_here, f"{box.identity} is here", seconds=10)
            eventually(lambda b=box: b.profiles, f"{box.identity} holds a default", seconds=10)
        clamp = Clamp(FEEDER_A, boxes)
        for box in boxes:
            box.plug("CAR-" + box.identity)
        yield clamp
    finally:
        if clamp:
            clamp.end()
        for box in [*boxes, *others]:
            box.end()
        server.close()


def crash(server, away_s=1):
    server.kill()
    time.sleep(away_s)
    server.start()


def never_over(clamp):
    equal(clamp.over[:3], [], f"seconds above {FEEDER_A} A ({clamp.seconds_over()})")


@case
def a_current_that_is_told_tenfold_leaves_the_others_their_room():
    server = yard({"TENFOLD": V201, "HONEST": V16})
    liar, honest = Wallbox(server, "TENFOLD", V201, tells=10), Wallbox(server, "HONEST", V16)
    with charging(server, [liar, honest]) as clamp:
        eventually(lambda: honest.draw() >= 14, "the honest one has its half", seconds=15)
        crash(server)
        time.sleep(4)
        eventually(lambda: honest.draw() >= 14, "also after a crash", seconds=15)
        never_over(clamp)


@case
def times_that_are_read_as_local_ones_leave_the_default():
    server = yard({"EAST": V16, "WEST": V201, "HONEST": V21})
    boxes = [Wallbox(server, "EAST", V16, zone_s=7200), Wallbox(server, "WEST", V201, zone_s=-3600), Wallbox(server, "HONEST", V21)]
    with charging(server, boxes) as clamp:
        eventually(lambda: boxes[2].draw() >= 12, "the honest one has its part", seconds=15)
        crash(server)
        for box in boxes:
            eventually(box.is_here, f"{box.identity} is here again", seconds=10)
        server.post(f"sites/{server.site}/power/cap", {"limit_a": 24, "duration_s": 600, "reason": "the grid asks"}, status=200)
        eventually(lambda: sum(box.draw() for box in boxes) <= 24, "the cap holds", seconds=FOUND_S)
        time.sleep(2)
        expect(sum(box.draw() for box in boxes) <= 24, "and goes on to", [box.draw() for box in boxes])
        never_over(clamp)


@case
def another_station_with_its_identity_frees_nothing():
    # The one on the feeder goes on under its lease; what the other one, elsewhere, says yes to is no room.
    server = yard({"TWIN": V16, "HONEST": V201})
    here, honest = Wallbox(server, "TWIN", V16), Wallbox(server, "HONEST", V201)
    elsewhere = []
    with charging(server, [here, honest], elsewhere) as clamp:
        eventually(lambda: here.draw() >= 16 and honest.draw() >= 16, "half for each", seconds=15)
        here.leave()
        elsewhere.append(Wallbox(server, "TWIN", V16, serial="S-2"))
        eventually(lambda: elsewhere[0].is_here() and elsewhere[0].profiles, "the other one is told its default", seconds=15)
        time.sleep(3)
        crash(server)
        time.sleep(3)
        expect(here.draw() >= 16, "it charges on:", here.draw())
        elsewhere[0].leave()
        here.wanted = True
        eventually(here.is_here, "the first one is here again", seconds=15)
        time.sleep(3)
        never_over(clamp)


@case
def what_another_server_allows_is_seen_by_the_meter():
    # A proxy lets another central system set a profile of its own on a 1.6 station.
    server = yard({"PROXY": V16, "HONEST": V201})
    liar, honest = Wallbox(server, "PROXY", V16), Wallbox(server, "HONEST", V201)
    with charging(server, [liar, honest]) as clamp:
        eventually(lambda: liar.draw() >= 16 and honest.draw() >= 16, "half for each", seconds=15)
        liar.hold(4711, "TxProfile", 9, 32)
        time.sleep(FOUND_S)
        expect(clamp.seconds_over() <= FOUND_S, "found late: over for", clamp.seconds_over())
        clamp.over.clear()
        crash(server)
        eventually(honest.is_here, "the honest one is here again", seconds=10)
        time.sleep(4)
        equal(liar.draw(), 32, "it has what it was allowed elsewhere")
        never_over(clamp)


@case
def a_car_that_goes_from_one_phase_to_three_is_booked_on_three():
    rotated = {"SECOND": {"rotation": "STR"}}
    server = yard({"GROWS": V201, "SECOND": V16}, rotated)
    grows, second = Wallbox(server, "GROWS", V201, lines=(0,)), Wallbox(server, "SECOND", V16, lines=(0,), rotation=1)
    with charging(server, [grows, second]) as clamp:
        eventually(lambda: grows.draw() == second.draw() == 32, "each its own line", seconds=20)
        grows.lines = LINES
        time.sleep(FOUND_S)
        expect(clamp.seconds_over() <= FOUND_S, "found late: over for", clamp.seconds_over())
        clamp.over.clear()
        crash(server)
        time.sleep(4)
        never_over(clamp)


if __name__ == "__main__":
    run()
