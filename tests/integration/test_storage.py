#!/usr/bin/env python3
"""Storage that fails: a full disk, writes that are refused, an fsync that fails (rules.md: durable)."""
from harness import *
from ocpp import *


BEGUN = time.time() - 2 * 86400


class Tmpfs:
    """A file system of a few megabytes; needs root."""

    def __init__(self, megabytes):
        self.path = temp_dir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", self.path], check=True, capture_output=True)

    def fill(self):
        with contextlib.suppress(OSError), open(os.path.join(self.path, "filler"), "wb") as file:
            while True:
                file.write(b"x" * 4096)
                file.flush()

    def free(self):
        os.remove(os.path.join(self.path, "filler"))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        subprocess.run(["umount", "-l", self.path], check=False, capture_output=True)
        os.rmdir(self.path)


def pump(station, charge, count, acked, start=0):
    """Sends meter values until `count` or the end; what was acknowledged is noted."""
    for n in range(start, start + count):
        value = (n + 1) * 10
        charge.meter(value, utc(n, base=BEGUN))
        acked.append(value)


def values_of(server, identity):
    session, = server.sessions(identity)
    values, cursor = [], None
    while True:
        page = server.get(f"sessions/{session['id']}/meter_values?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        values += [s["value"] for item in page["items"] for s in item["samples"] if s["measurand"].startswith("Energy")]
        cursor = page["next_cursor"]
        if not cursor:
            return values


@case
def a_full_disk_disconnects_stations_and_nothing_acknowledged_is_lost():
    with Tmpfs(24) as disk:
        data = os.path.join(disk.path, "data")
        server = Server(data=data)
        server.add_token("FULL")
        station = server.station("FULL-1", V201, boot=True)
        charge = Charge(station, "FULL", meter=0, at=utc(-1, base=BEGUN))
        acked = []
        pump(station, charge, 20, acked)
        disk.fill()
        try:
            pump(station, charge, 20000, acked, start=20)
            raise Wrong("20,000 messages were acknowledged on a full disk")
        except (Gone, OSError):
            pass  # closed without an answer, as it must be
        ready = eventually(lambda: (lambda r: r if r.status == 503 else None)(server.rest("GET", "/readyz", key=False)), "readyz 503", 15)
        expect(any(word in ready.text.lower() for word in ("full", "space", "room", "disk")), "readyz says why:", ready.text)
        equal(server.rest("GET", "/healthz", key=False).status, 200, "healthz")
        equal(server.get("stations/FULL-1")["id"], "FULL-1", "reads go on")
        try:
            Station(server.ocpp, "FULL-1", protocols=[V201]).call("Heartbeat", timeout=5)
            raise Wrong("a station was let in while nothing can be stored")
        except (Refused, Gone, OSError):
            pass
        expect(server.alive(), "voltd ended:", server.log()[-500:])
        disk.free()
        eventually(lambda: server.rest("GET", "/readyz", key=False).status == 200, "readyz 200 again", 20)
        station = server.station("FULL-1", V201, add=False)
        charge.station = station
        charge.meter(999999, utc(90000, base=BEGUN))
        acked.append(999999)
        got = values_of(server, "FULL-1")
        equal([v for v in acked if got.count(v) != 1], [], "acknowledged values that are not there exactly once")
        server.kill()
        again = Server(data=data, start=False)
        again.key = server.key
        with again.start():
            got = values_of(again, "FULL-1")
            equal([v for v in acked if got.count(v) != 1], [], "acknowledged values that are not there exactly once after a restart")
        server.close()


def injected(fault, when):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync,pwrite64,write,ftruncate", "-e", f"inject={fault}:when={when}"]


@case
def a_failed_fsync_ends_the_process_and_nothing_acknowledged_is_lost():
    data = os.path.join(temp_dir(), "data")
    with Server(data=data) as server:
        key = server.key
        server.add_token("SYNC")
        server.add_station("SYNC-1")
    server = Server(data=data, start=False, wrap=injected("fsync,fdatasync:error=EIO", "12+"))
    server.key = key
    server.start()
    acked = []
    try:
        station = Station(server.ocpp, "SYNC-1", protocols=[V201])
        station.boot()
        charge = Charge(station, "SYNC", meter=0, at=utc(-1, base=BEGUN))
        for n in range(500):
            charge.meter((n + 1) * 10, utc(n, base=BEGUN))
            acked.append((n + 1) * 10)
        raise Wrong("500 messages were acknowledged though fsync fails")
    except (Gone, OSError, Refused):
        pass
    code = server.process.wait(20 * SLOW)
    equal(code, 1, "exit code")
    expect("sync" in server.log().lower(), "the message names the sync:", server.log()[-300:])
    again = Server(data=data, start=False)
    again.key = key
    with again.start():
        if again.sessions("SYNC-1"):
            got = values_of(again, "SYNC-1")
            equal([v for v in acked if got.count(v) != 1], [], "acknowledged values that are not there exactly once")
        else:
            equal(acked, [], "acknowledged, but there is no session")
        station = again.station("SYNC-1", V201, add=False)
        station.call("Heartbeat")
    shutil.rmtree(os.path.dirname(data), ignore_errors=True)


@case
def a_refused_write_disconnects_and_does_not_end_the_process():
    data = os.path.join(temp_dir(), "data")
    with Server(data=data) as server:
        key = server.key
        server.add_token("WRITE")
        server.add_station("WRITE-1")
    server = Server(data=data, start=False, wrap=injected("pwrite64:error=EIO", "40..60"))
    server.key = key
    server.start()
    acked = []
    try:
        station = Station(server.ocpp, "WRITE-1", protocols=[V201])
        station.boot()
        charge = Charge(station, "WRITE", meter=0, at=utc(-1, base=BEGUN))
        for n in range(300):
            charge.meter((n + 1) * 10, utc(n, base=BEGUN))
            acked.append((n + 1) * 10)
    except (Gone, OSError, Refused):
        pass
    expect(server.alive() or server.process.returncode == 1, "exit code", server.process.returncode)
    server.kill()
    again = Server(data=data, start=False)
    again.key = key
    with again.start():
        if again.sessions("WRITE-1"):
            got = values_of(again, "WRITE-1")
            equal([v for v in acked if got.count(v) != 1], [], "acknowledged values that are not there exactly once")
        else:
            equal(acked, [], "acknowledged, but there is no session")
    shutil.rmtree(os.path.dirname(data), ignore_errors=True)


@case
def a_killed_server_leaves_a_directory_that_verifies():
    data = os.path.join(temp_dir(), "data")
    server = Server(data=data)
    server.add_token("V")
    charge = Charge(server.station("V-1", V201, boot=True), "V", meter=0, at=utc(-1, base=BEGUN))
    pump(charge.station, charge, 50, [])
    server.kill()
    done = voltd("verify", "--data", data)
    equal(done.returncode, 0, f"verify ({done.stderr.strip()[:300]})")
    server.close()


if __name__ == "__main__":
    run()
