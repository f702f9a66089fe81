#!/usr/bin/env python3
"""CSV imports: every row that changes is in the audit as it was and as it is; long files hold nobody up, and are all or nothing."""
import re

from harness import *
from ocpp import *

CSV = {"Content-Type": "text/csv"}


def send(server, what, text, query="", **more):
    return server.rest("POST", f"{what}/import{query}", raw=text.encode(), headers={**CSV, **more.pop("headers", {})}, timeout=120, **more)


def audit(server, target):
    """What was done to it, oldest first."""
    return [(e["action"], e["before"], e["after"]) for e in reversed(server.items(f"audit?target={target}"))]


def tokens(count, name="Card", first=0):
    return "id,name,group_id\n" + "".join(f"MANY-{n},{name} {n},Fleet {n % 7}\n" for n in range(first, first + count))


@case
def a_token_is_in_the_audit_as_it_was_and_as_it_is(server):
    server.add_token("AU-1", name="old", sessions_max=2)
    server.add_token("AU-2", name="stays")
    equal(send(server, "tokens", "id,name\nAU-1,new\nAU-2,stays\nAU-3,added\n", "?dry_run=true").status, 200, "dry run")
    equal(len(audit(server, "token:AU-1")), 1, "after a dry run")
    done = send(server, "tokens", "id,name\nAU-1,new\nAU-2,stays\nAU-3,added\n").json
    equal((done["created"], done["updated"], done["unchanged"]), (1, 1, 1), "import")
    action, before, after = audit(server, "token:AU-1")[-1]
    equal((action, before["name"], after["name"], before["sessions_max"], after["sessions_max"]), ("token.update", "old", "new", 2, 2), "changed")
    equal(len(audit(server, "token:AU-2")), 1, "what stayed as it was")
    action, before, after = audit(server, "token:AU-3")[-1]
    equal((action, before, after["name"]), ("token.create", None, "added"), "added")
    equal(audit(server, "csv")[-1], ("token.import", None, {"created": 1, "updated": 1}), "the import as a whole")
    equal(server.get("tokens/AU-2")["version"], 1, "version of what stayed as it was")


@case
def a_station_is_in_the_audit_without_its_password(server):
    server.add_station("AUS-1", note="old")
    done = send(server, "stations", "id,note,password\nAUS-1,new,needle-0123456789\nAUS-2,more,\n").json
    equal((done["created"], done["updated"], list(done["passwords"])), (1, 1, ["AUS-2"]), "import")
    action, before, after = audit(server, "station:AUS-1")[-1]
    equal((action, before["note"], after["note"]), ("station.update", "old", "new"), "changed")
    equal(audit(server, "station:AUS-2")[0][:2], ("station.create", None), "added")
    expect("needle" not in server.rest("GET", "audit?limit=1000").text, "a password is in the audit")
    expect(done["passwords"]["AUS-2"] not in server.rest("GET", "audit?limit=1000").text, "a password is in the audit")


@case
def a_rejected_station_of_a_file_is_disconnected(server):
    station = server.station("AUS-OUT", boot=True)
    equal(send(server, "stations", "id,registration\nAUS-OUT,rejected\n").json["updated"], 1, "import")
    eventually(lambda: not server.get("stations/AUS-OUT")["connected"], "it is disconnected")
    station.drop()


@case
def ten_thousand_lines_hold_nobody_up(server):
    station = server.station("BESIDE-1", boot=True)
    slowest, answers, began, done = 0.0, 0, time.monotonic(), []
    importing = threading.Thread(target=lambda: done.append(send(server, "tokens", tokens(10000))))
    importing.start()
    while importing.is_alive():
        asked = time.monotonic()
        station.call("Heartbeat")
        slowest, answers = max(slowest, time.monotonic() - asked), answers + 1
        time.sleep(0.002)
    took = time.monotonic() - began
    equal((done[0].status, done[0].json.get("created"), done[0].json.get("errors")), (200, 10000, []), done[0].text[:300])
    expect(answers > 5 and slowest < took / 2, f"in {took:.2f} s {answers} heartbeats, the slowest {slowest * 1000:.0f} ms")
    again = send(server, "tokens", tokens(10000)).json
    equal((again["created"], again["updated"], again["unchanged"]), (0, 0, 10000), "the same again")
    equal([a for a, _, _ in audit(server, "token:MANY-9999")], ["token.create"], "audit of the last line")
    changed = send(server, "tokens", tokens(10000, name="Changed")).json
    equal((changed["updated"], changed["errors"]), (10000, []), "changed")
    action, before, after = audit(server, "token:MANY-9999")[-1]
    equal((action, before["name"], after["name"]), ("token.update", "Card 9999", "Changed 9999"), "audit of the last line, changed")


@case
def a_long_file_with_one_wrong_line_changes_nothing(server):
    text = tokens(6000, first=20000) + "WRONG,x,y,z\nMANY-20000,again,\n"
    for query in ("?dry_run=true", ""):
        reply = send(server, "tokens", text, query)
        equal((reply.status, [e["line"] for e in reply.json["errors"]], reply.json["created"]), (200, [6002, 6003], 6000), reply.text[:300])
    equal(server.rest("GET", "tokens/MANY-20000").status, 404, "the first line")
    equal(audit(server, "token:MANY-20000"), [], "audit of the first line")
    reply = send(server, "tokens", tokens(6000, first=20000) + 'X,"a quote that does not end\n')
    equal(reply.status, 400, reply.text[:200])
    expect("line 6" in reply.json["detail"], reply.json["detail"])
    equal(server.rest("GET", "tokens/MANY-20000").status, 404, "the first line after a broken file")
    equal(send(server, "tokens", "name\n" + "x\n" * 1000).status, 422, "a long file without the column id")
    equal(send(server, "tokens", tokens(50001)).status, 413, "more than one request may bring")


@case
def stations_of_a_long_file_get_their_passwords(server):
    text = "id,name\n" + "".join(f"LONG-{n},Station {n}\n" for n in range(700))
    dry = send(server, "stations", text, "?dry_run=true").json
    equal((dry["created"], "passwords" in dry), (700, False), "dry run")
    done = send(server, "stations", text).json
    equal((done["created"], len(done["passwords"])), (700, 700), "import")
    for n in (0, 699):
        Station(server.ocpp, f"LONG-{n}", password=done["passwords"][f"LONG-{n}"]).boot()


@case
def a_long_import_is_carried_out_once_for_its_idempotency_key(server):
    text = tokens(1000, first=70000)
    first = send(server, "tokens", text, headers={"Idempotency-Key": "long-1"}).json
    equal(first["created"], 1000, "first")
    equal(send(server, "tokens", text, headers={"Idempotency-Key": "long-1"}).json, first, "the same answer again")


@case
def two_long_imports_at_once_are_told_apart(server):
    replies = []
    threads = [threading.Thread(target=lambda n=n: replies.append(send(server, "tokens", tokens(20000, name=f"At once {n}", first=100000)))) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120 * SLOW)
    statuses = sorted(r.status for r in replies)
    expect(statuses in ([200, 409], [200, 200]), f"statuses {statuses}")
    for reply in replies:
        if reply.status == 409:
            expect("under way" in reply.json["detail"], reply.json["detail"])
    equal(send(server, "tokens", tokens(300, first=200000)).json["created"], 300, "the next one")


@case
def an_import_that_a_kill_cuts_short_is_simply_made_again():
    with Server(keep=True) as server:
        data, key = server.data, server.key

        def cut_short():
            with contextlib.suppress(Exception):
                send(server, "tokens", tokens(20000))

        threading.Thread(target=cut_short, daemon=True).start()
        with contextlib.suppress(Exception):
            eventually(lambda: server.rest("GET", "tokens/MANY-2000").status == 200, "some of it is there", 30)
        server.kill()
        server.process.stdout.close()
        server.start()
        done = send(server, "tokens", tokens(20000)).json
        equal((done["created"] + done["unchanged"], done["updated"], done["errors"]), (20000, 0, []), "the same file again")
        expect(done["unchanged"] > 0, "nothing of it was kept")
        for n in (0, 2000, 19999):
            equal(len(audit(server, f"token:MANY-{n}")), 1, f"entries of line {n}")
        equal(voltd("doctor", "--data", data).returncode, 0, "doctor")
    shutil.rmtree(data, ignore_errors=True)


@case
def an_import_that_a_full_disk_cuts_short_says_how_much_of_it_stands():
    server = Server(keep=True, wrap=["bash", "-c", "ulimit -f 4000; exec \"$@\"", "limited"])
    reply = send(server, "tokens", tokens(30000))
    told = re.search(r"first (\d+) lines were imported and stay so; line (\d+)", reply.text)
    expect(reply.status == 503 and told, f"{reply.status} {reply.text[:300]}")
    equal(send(server, "tokens", tokens(400, first=50000)).status, 503, "another one, meanwhile")
    server.kill()
    server.process.stdout.close()
    server.wrap = []
    with server.start():
        done = send(server, "tokens", tokens(30000)).json
        equal((done["unchanged"], done["created"], done["errors"]), (int(told[1]), 30000 - int(told[1]), []), "the same file again")
    shutil.rmtree(server.data, ignore_errors=True)


if __name__ == "__main__":
    run()
