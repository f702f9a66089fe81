#!/usr/bin/env python3
"""What people are told of limits: that a station leaves them without an answer, and that it says itself that it does something else; by each version of OCPP."""
from harness import *
from ocpp import *
from openapi import Document
from obedient import Obedient
from outlet import *

NAMES = {"MUTE-16": V16, "MUTE-201": V201, "MUTE-21": V21, "SAYS-16": V16, "SAYS-201": V201, "SAYS-21": V21}
SAYS = ("SAYS-16", "SAYS-201", "SAYS-21")
DOCUMENT = {"mode": "equal", "rules": {"hold_s": 0, "switch_s": 0, "reclaim_s": 3600},
            "nodes": [{"id": "grid", "kind": "grid", "limit_a": 200},
                      *({"id": s, "parent": "grid", "kind": "station", "station": s, "limit_a": 32, "fail_safe_a": 6} for s in NAMES)]}


def make_server():
    server = shared_site(NAMES, DOCUMENT, {"MUTE-201": PROVEN, "MUTE-21": DYNAMIC, "SAYS-16": PROVEN, "SAYS-201": PROVEN, "SAYS-21": DYNAMIC}, sets=("ocpp.call_timeout_s=1",))
    server.document = Document(server.rest("GET", "openapi.json", key=False).json)
    server.says = {n: Sixteen(server, n) if NAMES[n] == V16 else Twenty(server, n, NAMES[n]) for n in SAYS}
    for name, station in server.says.items():
        station.plug("CAR-" + name)
    server.held, server.stations = server.stations, []  # they stay for all cases
    return server


class Sixteen(Obedient):
    """Its composite schedule can be another's."""
    others = None

    def composite(self, payload):
        answer = super().composite(payload)
        if self.others is not None:
            answer["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] = self.others
        return answer


class Twenty(Outlet):
    def plug(self, token):
        super().plug(token)
        self.metering = threading.Thread(target=self.tell, daemon=True)
        self.metering.start()

    def tell(self):
        while not self.station.ended and self.transaction:
            amps = self.limit() or 6
            with contextlib.suppress(Exception):
                self.draw(amps, amps, amps)
            time.sleep(1)

    @property
    def others(self):
        return self.limits_apart and self.limits_apart["limit"]

    @others.setter
    def others(self, amps):
        self.limits_apart = amps and {"limit": amps}


def behaviour(server, identity):
    path = f"stations/{identity}/behaviour"
    reply = server.rest("GET", path)
    equal(server.document.faults("GET", "/" + path, reply), [], "faults")
    return reply.json


def notices(server, identity):
    return [n["kind"] for n in server.get("attention")["items"] if n["station"] == identity]


def falls_silent(server, identity):
    said = eventually(lambda: (b := behaviour(server, identity))["unanswered_since"] and b, "it is said that it does not answer", seconds=60)
    expect(0 < time.time() - parse_utc(said["unanswered_since"]) < 70, "since when", said["unanswered_since"])
    expect("limit_unanswered" in notices(server, identity), "under Attention", notices(server, identity))
    equal(live(server, identity)["unanswered_since"], said["unanswered_since"], "at its outlet")
    expect(any(said["unanswered_since"][:16] == n["since"][:16] for n in server.get("attention")["items"] if n["kind"] == "limit_unanswered" and n["station"] == identity), "since when, there too")
    return said


@case
def one_that_never_answers_a_limit_is_not_called_not_asked(server):
    """It answers all else, so its settings are known; what it does about limits is not."""
    station = server.station("MUTE-16", V16, add=False)
    station.on.update({"SetChargingProfile": None, "ClearChargingProfile": {"status": "Unknown"}, "GetConfiguration": {"configurationKey": []},
                       "TriggerMessage": {"status": "Accepted"}, "ChangeConfiguration": {"status": "Accepted"}})
    station.boot()
    said = falls_silent(server, "MUTE-16")
    equal((said["trouble_code"], said["trouble"]), ("no_answer", "It does not answer when it is told a limit."), "why it is not trusted")
    equal(live(server, "MUTE-16")["booked_a"], 32, "at its breaker")
    station.drop()
    eventually(lambda: not live(server, "MUTE-16")["connected"], "gone", seconds=10)
    expect("limit_unanswered" not in notices(server, "MUTE-16"), "one that is gone has another trouble")


@table([("2.0.1", "MUTE-201", V201, "SetChargingProfile"), ("2.1, updates of a dynamic profile", "MUTE-21", V21, "UpdateDynamicSchedule")])
def one_that_has_proven_itself_and_stops_to_answer_is_told_of(server, name, protocol, action):
    outlet = Outlet(server, name, protocol)
    outlet.plug("CAR-" + name)
    eventually(lambda: live(server, name)["confirmed_a"] == 32, "32 A, confirmed", seconds=15)
    equal((behaviour(server, name)["unanswered_since"], notices(server, name)), (None, []), "while it answers")
    answers = {a: outlet.station.on.pop(a) for a in ("SetChargingProfile", "UpdateDynamicSchedule")}
    outlet.station.on.update(dict.fromkeys(answers))
    server.post(f"sites/{server.site}/power/cap", {"node": name, "limit_a": 16, "duration_s": 600, "reason": "test"}, status=200)
    said = falls_silent(server, name)
    equal((said["proven"], said["trouble_code"]), (True, None), "it is still trusted: what it was told counts at its worst")
    equal(live(server, name)["booked_a"], 32, "booked at its worst")
    expect(any(c[2] == action for c in outlet.station.calls), f"{action} was sent")
    reply = server.rest("GET", f"sessions/{outlet.session()}/power")
    equal(server.document.faults("GET", f"/sessions/{outlet.session()}/power", reply), [], "faults")
    equal(reply.json["why_text"], "Its station does not answer when it is told a limit.", "why, at its session")
    outlet.station.on.update(answers)
    eventually(lambda: outlet.limit() == 16, "told again", seconds=30)
    eventually(lambda: behaviour(server, name)["unanswered_since"] is None, "and forgiven", seconds=10)
    equal(notices(server, name), [], "under Attention")


def power(server, name):
    session = next(s["id"] for s in server.sessions(name) if s["state"] == "open")
    reply = server.rest("GET", f"sessions/{session}/power")
    equal(server.document.faults("GET", f"/sessions/{session}/power", reply), [], "faults")
    return reply.json


@table([(name, name) for name in SAYS])
def what_it_was_given_what_it_says_and_what_flows_stand_beside_each_other(server, name):
    """without a person asking for it"""
    said = eventually(lambda: (p := power(server, name))["composite"] and p, "its own schedule", seconds=130)
    equal((said["confirmed_a"], [p["limit_a"] for p in said["composite"]["periods"]], said["limits"][-1]["limit_a"]), (32, [32], 32), "confirmed, composite, given")
    equal((said["draw_a"], said["reported_a"], said["why_text"]), (32, None, "All that car, cable and station take."), "drawn, and as it was told")


@table([(name, name) for name in SAYS])
def a_limit_of_somebody_else_is_seen_by_its_own_schedule(server, name):
    server.says[name].others = 16
    said = server.get(f"sessions/{power(server, name)['session']}/power?composite=true")
    equal([p["limit_a"] for p in said["composite"]["periods"]], [16], "when a person asks")
    eventually(lambda: power(server, name)["reported_a"] == 16, "said beside the rest", seconds=5)
    said = power(server, name)
    equal((said["reported_told_a"], [p["limit_a"] for p in said["composite"]["periods"]]), (32, [16]), "what it was told, and its schedule")
    notice = next(n for n in server.get("attention")["items"] if n["station"] == name)
    equal((notice["kind"], notice["text"]), ("reports_less", f"{name}, EVSE 1 reports a limit of 16 A and was told 32 A: somebody else limits it."), "under Attention")
    server.says[name].others = None
    server.get(f"sessions/{said['session']}/power?composite=true")
    eventually(lambda: power(server, name)["reported_a"] is None and not notices(server, name), "and gone", seconds=5)


if __name__ == "__main__":
    run(make_server)
