"""outlet.py: a charging station of 2.x with one outlet, written from the specification: what it is sent it keeps, and tells it when it is asked.

It knows nothing of voltd. A test reads what it holds (`profiles` by id, `updates`) and says what goes wrong (`refuse`: action → status).
"""
import contextlib
import glob
import json
import os
import sqlite3
import threading
import time

from harness import Server, Wrong, equal, parse_utc, utc
from ocpp import event2x, sample2x

PROVEN = {"smart": True, "fallback": True, "station_max": True, "zero": True, "reports": True, "reports_lease": True, "profile": True, "obeys": True,
          "leases": True, "clears": True, "unit": "A", "has_a": True, "has_w": False, "default_on_station": False, "default_relative": False,
          "stack_max": 10, "periods_max": 24, "profiles_max": 10, "latency_ms": [200] * 10}
DYNAMIC = {**PROVEN, "dynamic": True, "offline": True, "updates": True, "drops": True}


class Outlet:
    def __init__(self, server, identity, protocol):
        self.server, self.identity = server, identity
        self.profiles, self.updates, self.refuse, self.lock = {}, [], {}, threading.Lock()
        self.transaction, self.seq, self.foreign = None, 0, []
        self.station = server.station(identity, protocol, add=False)
        self.station.on.update({"SetChargingProfile": self.set, "ClearChargingProfile": self.clear, "GetCompositeSchedule": self.composite,
                                "GetChargingProfiles": self.tell_profiles, "UpdateDynamicSchedule": self.update, "UsePriorityCharging": self.use_priority,
                                "TriggerMessage": {"status": "Accepted"}})
        self.limits_apart = None
        self.answers_priority = True
        self.station.boot()

    def status(self, action):
        return {"status": self.refuse.get(action, "Accepted")}

    def set(self, payload):
        answer = self.status("SetChargingProfile")
        if answer["status"] == "Accepted":
            with self.lock:
                profile = payload["chargingProfile"]
                self.profiles[profile["id"]] = {**profile, "evse": payload["evseId"]}
        return answer

    def clear(self, payload):
        with self.lock:
            wanted, rest = payload.get("chargingProfileId"), payload.get("chargingProfileCriteria", {})
            gone = [i for i, p in self.profiles.items()
                    if (i == wanted if wanted is not None else rest.get("chargingProfilePurpose") in (None, p["chargingProfilePurpose"]))]
            for id in gone:
                del self.profiles[id]
        return {"status": "Accepted" if gone or wanted in [p["id"] for p in self.foreign] else "Unknown"}

    def update(self, payload):
        answer = self.status("UpdateDynamicSchedule")
        with self.lock:
            if answer["status"] == "Accepted":
                profile = self.profiles[payload["chargingProfileId"]]
                profile["chargingSchedule"][0]["chargingSchedulePeriod"][0].update(payload["scheduleUpdate"])
            self.updates.append((payload, answer["status"]))
        return answer

    def use_priority(self, payload):
        answer = self.status("UsePriorityCharging")
        if answer["status"] == "Accepted" and self.answers_priority:
            threading.Timer(0.1, lambda: self.station.send_call("NotifyPriorityCharging", {"transactionId": payload["transactionId"],
                                                                                           "activated": payload["activate"]})).start()
        return answer

    def period(self, purpose="TxProfile"):
        """The one period of the profile of this purpose with the highest stack level; None: it has none."""
        with self.lock:
            found = sorted((p["stackLevel"], i) for i, p in self.profiles.items() if p["chargingProfilePurpose"] == purpose)
            return self.profiles[found[-1][1]]["chargingSchedule"][0]["chargingSchedulePeriod"][0] if found else None

    def limit(self, purpose="TxProfile"):
        period = self.period(purpose)
        return period and period["limit"]

    def composite(self, payload):
        limits = self.limits_apart or {"limit": self.limit() or self.limit("TxDefaultProfile") or 32}
        return {"status": "Accepted", "schedule": {"evseId": payload["evseId"], "duration": payload["duration"], "scheduleStart": utc(),
                                                   "chargingRateUnit": payload.get("chargingRateUnit", "A"),
                                                   "chargingSchedulePeriod": [{"startPeriod": 0, **limits}]}}

    def tell_profiles(self, payload):
        """Ours one by one, those of somebody else after them."""
        with self.lock:
            held = [("CSO", p["evse"], {k: v for k, v in p.items() if k != "evse"}) for p in self.profiles.values()]
        held += [("CSO", 1, p) for p in self.foreign]

        def tell():
            for n, (source, evse, profile) in enumerate(held):
                self.station.call("ReportChargingProfiles", {"requestId": payload["requestId"], "chargingLimitSource": source, "evseId": evse,
                                                             "tbc": n + 1 < len(held), "chargingProfile": [profile]})
        threading.Timer(0.05, tell).start()
        return {"status": "Accepted" if held else "NoProfiles"}

    # -- a session

    def plug(self, token):
        self.transaction, self.seq = f"tx-{self.station.new_id()}"[:36], 0
        self.station.call("TransactionEvent", event2x("Started", self.transaction, 0, token=token, meter=0, at=utc(), info={"chargingState": "Charging"}))
        return self.transaction

    def unplug(self):
        self.seq += 1
        self.station.call("TransactionEvent", event2x("Ended", self.transaction, self.seq, meter=0, at=utc(), info={"stoppedReason": "Local"}))
        with self.lock:
            self.profiles = {i: p for i, p in self.profiles.items() if p["chargingProfilePurpose"] != "TxProfile"}
        self.transaction = None

    def draw(self, *amps):
        self.seq += 1
        values = [sample2x(a, "Current.Import", "A", phase=f"L{n + 1}") for n, a in enumerate(amps)]
        self.station.call("TransactionEvent", event2x("Updated", self.transaction, self.seq, samples=values, at=utc(), info={"chargingState": "Charging"}))

    def session(self):
        return next(s["id"] for s in self.server.sessions(self.identity) if s["state"] == "open")


def shared_site(names, document, records, sets=()):
    """A server whose stations (identity → protocol) share the power of `document`, and have shown of themselves what `records` say."""
    server = Server(sets=sets)
    server.site = server.post("sites", {"name": "Yard", "time_zone": "UTC"}, status=201)["id"]
    for identity, protocol in names.items():
        server.add_station(identity, site=server.site)
        server.station(identity, protocol, add=False, boot=True)
        server.add_token("CAR-" + identity)
    reply = server.rest("PUT", f"sites/{server.site}/power", document)
    equal(reply.status, 201, f"PUT power ({reply.text[:400]})")
    equal(server.stop(), 0, "stop")
    path, now = next(p for p in glob.glob(os.path.join(server.data, "*.db"))), int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("delete from station_behaviour")
        for row, identity, firmware in db.execute("select id, identity, firmware from station").fetchall():
            if identity in records:
                db.execute("insert into station_behaviour (id, version, record, proven, firmware, at) values (?, 1, ?, 1, ?, ?)",
                           (row, json.dumps({**records[identity], "asked_at": now, "proven_at": now}), firmware, now))
    return server.start()


def live(server, identity):
    return next(e for e in server.get(f"sites/{server.site}/power/live")["evses"] if e["station"] == identity)
