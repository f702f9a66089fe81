#!/usr/bin/env python3
"""kills.py [--voltd PATH] [--kills N] [--seed S]: kill -9 under load, restart, count.

Some stations of each version run sessions as fast as they are acknowledged, and repeat what was not, as real ones do.
The server is killed at a random moment, started again, and so on. In the end every acknowledged message is there exactly
once, every session is there once and has the energy that the station measured. Each kill and each station is a case, each fault
a failed one.
"""
import argparse
import collections
import random

import harness
from harness import *
from ocpp import *

STATIONS = 6
KILL_AFTER_S = (0.05, 1.2)


class Load(threading.Thread):
    """One station. `sessions` has what it measured: transaction → the values that were acknowledged, the energy, ended or not."""

    def __init__(self, address, number, seed):
        super().__init__(daemon=True)
        self.address, self.number = address, number
        self.version = VERSIONS[number % 3]
        self.identity = f"KILL-{number}"
        self.random = random.Random(seed * 1000 + number)
        self.register = 0
        self.clock = time.time() - 40 * 86400
        self.sessions, self.acked, self.repeats = [], 0, 0
        self.finish, self.error, self.station = False, None, None

    def run(self):
        try:
            while not self.finish:
                self.session()
        except Exception:
            self.error = traceback.format_exc()

    def link(self):
        deadline = time.monotonic() + 60 * SLOW
        while self.station is None or self.station.ended:
            try:
                self.station = Station(self.address(), self.identity, protocols=[self.version])
            except (OSError, Refused, Wrong):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        return self.station

    def send(self, action, payload):
        """Until it is acknowledged: the same payload, with a new message id."""
        while True:
            try:
                answer = self.link().call(action, payload, timeout=15)
                self.acked += 1
                return answer
            except (Gone, OSError):
                self.repeats += 1
            except Wrong:
                self.repeats += 1
                self.station.drop()

    def now(self, seconds):
        self.clock += seconds
        return utc(base=self.clock)

    def session(self):
        begin, values = self.register, []
        record = {"values": values, "energy": 0, "ended": False, "id": None}
        if self.version == V16:
            record["id"] = self.send("StartTransaction", start16("KILLS", 1, begin, at=self.now(60)))["transactionId"]
        else:
            record["id"] = f"{self.number}-{len(self.sessions)}-{self.random.getrandbits(32):08x}"
            self.send("TransactionEvent", event2x("Started", record["id"], 0, token="KILLS", meter=begin, at=self.now(60)))
        self.sessions.append(record)
        seq = 0
        for _ in range(self.random.randint(2, 30)):
            if self.finish:
                break
            self.register += self.random.randint(1, 50)
            seq += 1
            if self.version == V16:
                self.send("MeterValues", meter16(record["id"], sample16(self.register), at=self.now(60)))
            else:
                self.send("TransactionEvent", event2x("Updated", record["id"], seq, meter=self.register, at=self.now(60)))
            values.append(self.register)
        self.register += self.random.randint(1, 50)
        if self.version == V16:
            self.send("StopTransaction", stop16(record["id"], self.register, at=self.now(60), idTag="KILLS"))
        else:
            self.send("TransactionEvent", event2x("Ended", record["id"], seq + 1, meter=self.register, at=self.now(60)))
        record["energy"], record["ended"] = self.register - begin, True


def all_pages(server, path):
    items, cursor = [], None
    while True:
        page = server.get(path + ("&" if "?" in path else "?") + "limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        items += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return items


def judge(server, load):
    """The faults of one station's sessions, one line each."""
    kept = collections.defaultdict(list)
    for session in all_pages(server, f"sessions?station={load.identity}"):
        kept[str(session["transaction_id"])].append(session)
    mine = {str(r["id"]) for r in load.sessions}
    faults = [f"{load.identity}: session {s} that no station ran" for s in kept if s not in mine]
    for record in load.sessions:
        name = f"{load.identity} session {record['id']}"
        found = kept[str(record["id"])]
        if len(found) != 1:
            faults.append(f"{name} is there {len(found)} times")
            continue
        session = found[0]
        if record["ended"] and (session["state"], session["energy_wh"]) != ("ended", record["energy"]):
            faults.append(f"{name}: {session['state']}, {session['energy_wh']} Wh; the station measured {record['energy']} Wh and it ended")
        if record["ended"] and session["flags"]:
            faults.append(f"{name}: flags {session['flags']}")
        values = [s["value"] for item in all_pages(server, f"sessions/{session['id']}/meter_values") for s in item["samples"]]
        count = collections.Counter(values)
        wrong = [v for v in record["values"] if count[v] != 1]
        if wrong:
            faults.append(f"{name}: acknowledged values not there exactly once: {[(v, count[v]) for v in wrong[:8]]}")
    return faults


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--voltd", default=harness.VOLTD)
    options.add_argument("--kills", type=int, default=30)
    options.add_argument("--seed", type=int, default=int(time.time()))
    chosen = options.parse_args()
    harness.VOLTD = os.path.abspath(chosen.voltd)
    print(f"# seed {chosen.seed}")
    dice = random.Random(chosen.seed)
    server = Server()
    server.add_token("KILLS")
    loads = [Load(lambda: server.ocpp, n, chosen.seed) for n in range(STATIONS)]
    for load in loads:
        server.add_station(load.identity)
    # The same ports after each restart, so that stations find their server again.
    server.sets += [f"http.listen=127.0.0.1:{server.http[1]}", f"ocpp.listen=127.0.0.1:{server.ocpp[1]}"]
    for load in loads:
        load.start()
    good = bad = 0
    for n in range(chosen.kills):
        time.sleep(dice.uniform(*KILL_AFTER_S) * SLOW)
        before = sum(load.acked for load in loads)
        server.kill()
        server.process.stdout.close()
        try:
            began = time.monotonic()
            server.start()
            good += 1
            print(f"ok kills: started again after kill {n + 1} ({before} acknowledged, ready in {time.monotonic() - began:.2f} s)", flush=True)
        except Wrong as error:
            bad += 1
            print(f"not ok kills: start after kill {n + 1}\n    {error}", flush=True)
            break
    for load in loads:
        load.finish = True
    for load in loads:
        load.join(60 * SLOW)
        if load.error or load.is_alive():
            bad += 1
            print(f"not ok kills: {load.identity} ({load.version})\n    {load.error or 'never got its last answer'}")
    if server.alive():
        for load in loads:
            faults = judge(server, load)
            ended = sum(r["ended"] for r in load.sessions)
            if faults:
                bad += len(faults)
                print("\n".join(f"not ok kills: {fault}" for fault in faults[:20]))
            good += not faults
            print(f"# {load.identity} ({load.version}): {load.acked} acknowledged, {load.repeats} repeated, {len(load.sessions)} sessions, {ended} ended, {len(faults)} faults")
        if sum(load.acked for load in loads) < chosen.kills * 5:
            bad += 1
            print("not ok kills: hardly any load; this proves nothing")
        server.close()
    print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
