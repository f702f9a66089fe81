#!/usr/bin/env python3
"""What is there years later: the frames are gone (90 days), the meter values are still told, from their compacted rows.

The bytes of these rows are written here by another hand than the server's: they are on people's disks, so their form is a contract.
"""
import sqlite3

from harness import *
from ocpp import *

DAY_MS = 86_400_000
# Their places in the list are stored; domain/samples.c adds at the end only.
WORDS = {"": 0, "Energy.Active.Import.Register": 1, "Power.Active.Import": 2, "SoC": 5, "Wh": 15, "W": 16, "%": 19, "L1": 25, "Outlet": 35,
         "EV": 39, "Sample.Periodic": 40, "Transaction.End": 43}


def number(value):
    """Zigzag, seven bits a byte, the low ones first."""
    rest, out = (value << 1) ^ (value >> 63), bytearray()
    while rest >= 0x80:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes(out) + bytes([rest])


def word(text):
    return bytes([WORDS[text]]) if text in WORDS else bytes([255]) + number(len(text.encode())) + text.encode()


def packed(at_ms, value, measurand, unit, phase="", location="", context=""):
    head = number(at_ms) + bytes([value is not None]) + number(round((value or 0) * 1000))
    return head + b"".join(word(part) for part in (measurand, unit, phase, location, context))


def rows_of(begin_ms):
    """Three moments in two rows, told in the wrong order."""
    first = [(begin_ms, 1000, "Energy.Active.Import.Register", "Wh", "", "", "Sample.Periodic"), (begin_ms, 7360.5, "Power.Active.Import", "W", "L1", "Outlet", "Sample.Periodic"),
             (begin_ms + 60_000, 41.25, "SoC", "%", "", "EV", "")]
    later = [(begin_ms + 900_000, 2000.001, "Energy.Active.Import.Register", "Wh", "", "", "Transaction.End"), (begin_ms + 900_000, None, "Acme.Fan", "rpm", "", "", "")]
    return [(begin_ms + 900_000, begin_ms + 900_000, later), (begin_ms, begin_ms + 60_000, first)]


@case
def compacted_meter_values_are_told_when_the_frames_are_gone():
    with Server() as server:
        server.add_token("YEARS")
        station = server.station("YEARS-1", boot=True)
        Charge(station, "YEARS", meter=0).stop(1500)
        session, = server.sessions("YEARS-1")
        equal(server.stop(), 0, "exit code")
        then = int(time.time() * 1000) - 400 * DAY_MS
        with contextlib.closing(sqlite3.connect(os.path.join(server.data, "voltd.db"))) as db, db:
            changed = db.execute("UPDATE session SET received_at = ?, started_at = ?, samples_due = 0 WHERE id = ?", (then, then, int(session["id"]))).rowcount
            equal(changed, 1, "sessions changed")
            for n, (begin, end, samples) in enumerate(rows_of(then)):
                db.execute("INSERT INTO samples (id, version, session, from_at, to_at, data) VALUES (?, 1, ?, ?, ?, ?)",
                           (1000 + n, int(session["id"]), begin, end, b"".join(packed(*s) for s in samples)))
        server.start()
        told = server.get(f"sessions/{session['id']}/meter_values")
        moments = [(m, [s for row in reversed(rows_of(then)) for s in row[2] if s[0] == m]) for m in (then, then + 60_000, then + 900_000)]
        equal([round(parse_utc(item["timestamp"]) * 1000) for item in told["items"]], [m for m, _ in moments], "moments, oldest first")
        for item, (_, samples) in zip(told["items"], moments):
            equal([(s["value"], s["measurand"], s["unit"], s["phase"] or "", s["location"] or "", s["context"] or "") for s in item["samples"]],
                  [tuple(s[1:]) for s in samples], "samples")
        pages, cursor = [], ""
        while cursor is not None:
            page = server.get(f"sessions/{session['id']}/meter_values?limit=1{cursor and '&cursor=' + cursor}")
            pages += page["items"]
            cursor = page["next_cursor"]
        equal(pages, told["items"], "the same in pages of one")


def crc32c(data):
    """RFC 3720, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def age_blocks(db, days):
    """Their time is under their checksum."""
    for block, at, size, data in db.execute("SELECT id, at, len, data FROM block").fetchall():
        at -= days * DAY_MS
        db.execute("UPDATE block SET at = ?, crc = ? WHERE id = ?", (at, crc32c(struct.pack("<qqq", block, at, size) + data), block))


def aged_data():
    """A data directory with a session of a hundred days ago, and all that was logged and told then."""
    with Server(keep=True) as server:
        server.add_token("YEARS")
        station = server.station("YEARS-0", boot=True)
        Charge(station, "YEARS", meter=0).stop(900)
        equal(server.stop(), 0, "exit code")
        with contextlib.closing(sqlite3.connect(os.path.join(server.data, "voltd.db"))) as db, db:
            age_blocks(db, 100)
            db.execute("UPDATE event SET at = at - ?", (100 * DAY_MS,))
        return server.data


def old_rows(data, table):
    with contextlib.closing(sqlite3.connect(f"file:{data}/voltd.db?mode=ro", uri=True)) as db:
        return db.execute(f"SELECT count(*) FROM {table} WHERE at < ?", (int(time.time() * 1000) - 90 * DAY_MS,)).fetchone()[0]


@case
def a_session_is_compacted_when_it_has_settled_and_old_frames_go():
    """A minute and a half after its end a session is compacted; by then old frames and events are gone."""
    data = aged_data()
    expect(old_rows(data, "block") > 0 and old_rows(data, "event") > 0, "old rows to begin with")
    with Server(data=data) as server:
        station = server.station("YEARS-2", boot=True)
        charge = Charge(station, "YEARS", meter=0)
        for value in (100, 200, 300):
            charge.meter(value)
        charge.stop(400)
        session, = server.sessions("YEARS-2")
        before = server.get(f"sessions/{session['id']}/meter_values")["items"]

        def rows():
            with contextlib.closing(sqlite3.connect(f"file:{server.data}/voltd.db?mode=ro", uri=True)) as db:
                return db.execute("SELECT count(*) FROM samples WHERE session = ?", (int(session["id"]),)).fetchone()[0]

        eventually(rows, "rows of meter values", 110)
        equal((old_rows(data, "block"), old_rows(data, "event")), (0, 0), "old frames and events")
        kept, = server.sessions("YEARS-0")
        equal((kept["energy_wh"], kept["state"]), (900, "ended"), "the session of a hundred days ago")
        equal(server.items(f"sessions/{kept['id']}/messages"), [], "its frames")
        equal(server.stop(), 0, "exit code")
        verified = voltd("verify", "--data", data)
        equal(verified.returncode, 0, verified.stdout + verified.stderr)
        with contextlib.closing(sqlite3.connect(os.path.join(server.data, "voltd.db"))) as db, db:
            db.execute("UPDATE session SET received_at = received_at - ? WHERE id = ?", (100 * DAY_MS, int(session["id"])))
        server.start()
        after = server.get(f"sessions/{session['id']}/meter_values")["items"]
        equal([(i["timestamp"], i["samples"]) for i in after], [(i["timestamp"], i["samples"]) for i in before], "meter values out of rows and out of frames")


if __name__ == "__main__":
    run()
