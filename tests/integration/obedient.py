"""Stations that do what their charging profiles say, and the record of having shown it."""
import glob
import sqlite3

from harness import *
from ocpp import *

PROVEN = {"smart": True, "fallback": True, "station_max": True, "zero": True, "reports": True, "reports_lease": True, "profile": True, "obeys": True,
          "leases": True, "clears": True, "unit": "A", "has_a": True, "has_w": False, "default_on_station": False, "default_relative": False,
          "stack_max": 10, "periods_max": 24, "profiles_max": 10, "latency_ms": [200] * 10}
NEVER = 9e9


class Obedient:
    """A station of 1.6 that does what its profiles say, with a car that takes all it may."""

    def __init__(self, server, identity):
        self.identity, self.lock, self.profiles, self.transaction, self.register = identity, threading.Lock(), {}, None, 0.0
        self.station = server.station(identity, V16, add=False)
        self.station.on.update({"SetChargingProfile": self.set, "ClearChargingProfile": self.clear, "GetCompositeSchedule": self.composite,
                                "GetConfiguration": {"configurationKey": [{"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "10"}]},
                                "TriggerMessage": {"status": "Accepted"}, "ChangeConfiguration": {"status": "Accepted"}})
        self.station.boot()
        self.station.call("StatusNotification", status16(1, "Available"))
        self.running = True

    def set(self, payload):
        profile = payload["csChargingProfiles"]
        schedule = profile["chargingSchedule"]
        start = parse_utc(schedule["startSchedule"]) if "startSchedule" in schedule else time.time()
        ends = start + schedule["duration"] if "duration" in schedule else NEVER
        with self.lock:
            self.profiles[profile["chargingProfilePurpose"]] = (ends, schedule["chargingSchedulePeriod"][0]["limit"])
        return {"status": "Accepted"}

    def clear(self, payload):
        with self.lock:
            for purpose in list(self.profiles) if not payload else [payload.get("chargingProfilePurpose")]:
                self.profiles.pop(purpose, None)
        return {"status": "Accepted"}

    def limit(self):
        """Amperes a phase."""
        with self.lock:
            now = time.time()
            good = {purpose: limit for purpose, (ends, limit) in self.profiles.items() if ends > now}
        return min(good.get("TxProfile", good.get("TxDefaultProfile", 32)), good.get("ChargePointMaxProfile", 32), 32)

    def composite(self, payload):
        return {"status": "Accepted", "connectorId": 1, "scheduleStart": utc(), "chargingSchedule":
                {"duration": payload["duration"], "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": self.limit()}]}}

    def draw(self):
        limit = self.limit()
        return limit if self.transaction is not None and limit >= 6 else 0

    def plug(self, token):
        self.transaction = self.station.call("StartTransaction", start16(token, meter=0, at=utc()))["transactionId"]
        self.station.call("StatusNotification", status16(1, "Charging"))
        threading.Thread(target=self.tell, daemon=True).start()

    def tell(self):
        while self.running and not self.station.ended:
            amps = self.draw()
            self.register += amps * 690 / 3600
            values = [sample16(amps, "Current.Import", "A", phase=f"L{line}") for line in (1, 2, 3)]
            with contextlib.suppress(Exception):
                self.station.call("MeterValues", meter16(self.transaction, sample16(int(self.register)), sample16(amps * 690, "Power.Active.Import", "W"), *values, at=utc()))
            time.sleep(1)


def prove(server):
    path = next(p for p in glob.glob(os.path.join(server.data, "*.db")))
    now = int(time.time() * 1000)
    record = json.dumps({**PROVEN, "asked_at": now, "proven_at": now})
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("delete from station_behaviour")
        for row, firmware in db.execute("select id, firmware from station").fetchall():
            db.execute("insert into station_behaviour (id, version, record, proven, firmware, at) values (?, 1, ?, 1, ?, ?)", (row, record, firmware, now))
