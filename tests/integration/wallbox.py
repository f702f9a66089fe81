"""wallbox.py: a charging station of 1.6 or 2.x with one outlet and a car, and the ways in which it does not do what it says. With a clamp on the feeder.

Written from the specification, for power: it keeps the profiles that it is sent, obeys them by its own reading of them, tells what its meter shows each
second, and connects again by itself when the server is gone.
"""
import contextlib
import threading
import time

from harness import Gone, Refused, Station, Wrong, parse_utc, utc
from ocpp import V16, event2x, meter16, sample16, sample2x, start16, status16, status2x

LINES = (0, 1, 2)


class Wallbox:
    """`zone_s`: start times are read as local ones, so far off. `tells`: a factor of the current that it tells. `late_s`: a new limit bites so late.
    `lines`: what its car draws on, of the station's; `rotation`: its L1 is the grid's L1 + rotation."""

    def __init__(self, server, identity, protocol, serial="S-1", zone_s=0, tells=1, late_s=0, breaker_a=32, lines=LINES, rotation=0):
        self.server, self.identity, self.protocol, self.serial, self.is_16 = server, identity, protocol, serial, protocol == V16
        self.zone_s, self.tells, self.late_s, self.breaker_a, self.lines, self.rotation = zone_s, tells, late_s, breaker_a, lines, rotation
        self.lock, self.profiles, self.transaction, self.seq, self.register = threading.RLock(), {}, None, 0, 0.0
        self.running, self.wanted, self.station, self.offers = True, True, None, [(0, 0)]
        self.on = {"SetChargingProfile": self.set, "ClearChargingProfile": self.clear, "GetCompositeSchedule": self.composite,
                   "GetConfiguration": {"configurationKey": [{"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "10"}]},
                   "TriggerMessage": {"status": "Accepted"}, "ChangeConfiguration": {"status": "Accepted"}, "GetChargingProfiles": {"status": "NoProfiles"},
                   "GetBaseReport": {"status": "NotSupported"}}
        threading.Thread(target=self.live, daemon=True).start()

    # -- what it is told

    def set(self, payload):
        profile = payload["csChargingProfiles" if self.is_16 else "chargingProfile"]
        schedule = profile["chargingSchedule"] if self.is_16 else profile["chargingSchedule"][0]
        self.hold(profile["chargingProfileId" if self.is_16 else "id"], profile["chargingProfilePurpose"], profile["stackLevel"],
                  schedule["chargingSchedulePeriod"][0]["limit"], schedule.get("startSchedule"), schedule.get("duration"))
        return {"status": "Accepted"}

    def hold(self, id, purpose, stack, limit, start=None, duration=None):
        start = parse_utc(start) + self.zone_s if start else time.time()
        with self.lock:
            self.profiles = {i: p for i, p in self.profiles.items() if p[:2] != (purpose, stack)}
            self.profiles[id] = (purpose, stack, limit, start, start + duration if duration else 9e9)

    def clear(self, payload):
        rest = payload if self.is_16 else payload.get("chargingProfileCriteria", {})
        id = payload.get("id" if self.is_16 else "chargingProfileId")
        with self.lock:
            gone = [i for i, p in self.profiles.items() if (i == id if id is not None else rest.get("chargingProfilePurpose") in (None, p[0]))]
            for i in gone:
                del self.profiles[i]
        return {"status": "Accepted" if gone else "Unknown"}

    def in_force(self, *purposes):
        """The limit of the highest stack level of the first purpose that has one."""
        now = time.time()
        for purpose in purposes:
            found = [(stack, limit) for p, stack, limit, start, end in self.profiles.values() if p == purpose and start <= now < end]
            if found:
                return max(found)[1]
        return self.breaker_a

    def limit(self):
        with self.lock:
            now, limit = time.time(), min(self.in_force(*(["TxProfile"] if self.transaction is not None else []), "TxDefaultProfile"),
                                          self.in_force("ChargePointMaxProfile", "ChargingStationMaxProfile"), self.breaker_a)
            if limit != self.offers[-1][1]:
                self.offers.append((now + (self.late_s if self.offers[-1][0] else 0), limit))
            return [offer for at, offer in self.offers if at <= now][-1]

    def composite(self, payload):
        period = {"duration": payload["duration"], "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": self.limit()}]}
        if self.is_16:
            return {"status": "Accepted", "connectorId": payload["connectorId"], "scheduleStart": utc(), "chargingSchedule": period}
        return {"status": "Accepted", "schedule": {"evseId": payload["evseId"], "scheduleStart": utc(), **period}}

    # -- what flows, and what it tells

    def draw(self):
        """Amperes a phase that its car uses."""
        limit = self.limit()
        return limit if self.transaction is not None and limit >= 6 else 0

    def on_grid(self, line):
        return self.draw() if any((own + self.rotation) % 3 == line for own in self.lines) else 0

    def plug(self, token):
        self.token, self.seq = token, 0
        if self.is_16:
            self.transaction = self.station.call("StartTransaction", start16(token, meter=int(self.register)))["transactionId"]
            self.station.call("StatusNotification", status16(1, "Charging"))
        else:
            transaction = f"tx-{self.station.new_id()}"[:36]
            self.station.call("TransactionEvent", event2x("Started", transaction, 0, token=token, meter=self.register, info={"chargingState": "Charging"}))
            self.transaction = transaction

    def tell(self):
        amps, at = self.draw(), utc()
        watts = amps * 230 * len(self.lines)
        shown = [round(amps * self.tells if line in self.lines else 0, 1) for line in LINES]
        sample = sample16 if self.is_16 else sample2x
        values = [sample(int(self.register)), sample(watts, "Power.Active.Import", "W"), *(sample(a, "Current.Import", "A", phase=f"L{n + 1}") for n, a in enumerate(shown))]
        if self.is_16:
            self.station.call("MeterValues", meter16(self.transaction, *values, at=at))
        else:
            self.seq += 1
            self.station.call("TransactionEvent", event2x("Updated", self.transaction, self.seq, samples=values, at=at, info={"chargingState": "Charging"}))

    # -- its life

    def connect(self):
        station = Station(self.server.ocpp, self.identity, protocols=[self.protocol], connect=False)
        station.on.update(self.on)
        station.connect(3)
        if not self.station:
            if self.is_16:
                station.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One", "chargePointSerialNumber": self.serial, "firmwareVersion": "1.2.3"})
            else:
                station.call("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two", "serialNumber": self.serial, "firmwareVersion": "1.2.3"}})
            station.call("StatusNotification", status16(1, "Available") if self.is_16 else status2x())
        self.station = station

    def live(self):
        told_at = 0.0
        while self.running:
            with contextlib.suppress(Refused, OSError, Gone, Wrong):
                if self.wanted and (not self.station or self.station.ended):
                    self.connect()
                if self.transaction is not None and time.time() - told_at >= 1:
                    told_at = time.time()
                    self.register += self.draw() * 230 * len(self.lines) / 3600
                    if self.is_here():
                        self.tell()
            time.sleep(0.1)

    def is_here(self):
        return self.station is not None and not self.station.ended

    def leave(self):
        """Its connection is cut, and it does not come back by itself."""
        self.wanted = False
        if self.station:
            self.station.drop()

    def end(self):
        self.running = False
        self.leave()


class Clamp:
    """On the feeder: what truly flows on each line, ten times a second."""

    def __init__(self, limit_a, boxes):
        self.limit_a, self.boxes, self.over, self.worst, self.running = limit_a, boxes, [], 0, True
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while self.running:
            flows = [sum(box.on_grid(line) for box in self.boxes) for line in LINES]
            self.worst = max(self.worst, *flows)
            if max(flows) > self.limit_a:
                self.over.append((round(time.monotonic(), 1), [round(f, 1) for f in flows]))
            time.sleep(0.1)

    def seconds_over(self):
        return len(self.over) / 10

    def end(self):
        self.running = False
