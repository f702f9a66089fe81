#!/usr/bin/env python3
"""People, logins, cookies, rights, the audit, CSV in and out: what the console stands on."""
import csv
import io
import re

from harness import *
from ocpp import *


def cookie_of(reply):
    text = reply.headers.get("set-cookie", "")
    name, _, value = text.split(";")[0].partition("=")
    return name, value, text


def login(server, **body):
    return server.rest("POST", "login", body, key=False, headers={"Sec-Fetch-Site": "same-origin"})


def by_cookie(server, method, path, cookie, body=None, **headers):
    headers = {"Cookie": cookie, "Sec_Fetch_Site": "same-origin", **headers}
    return server.rest(method, path, body, key=False, headers={k.replace("_", "-"): v for k, v in headers.items() if v is not None})


def person(server, name, role="operator", password="correct horse battery"):
    server.post("people", {"name": name, "role": role, "password": password}, status=201)
    name_, value, text = cookie_of(login(server, name=name, password=password))
    return f"{name_}={value}", text


@case
def a_login_sets_a_cookie_that_scripts_cannot_read(server):
    cookie, text = person(server, "anna")
    expect(cookie.startswith("voltd="), "on plain loopback the cookie is voltd:", text)
    for word in ("HttpOnly", "SameSite", "Path=/"):
        expect(word.lower() in text.lower(), f"{word} in", text)
    equal(by_cookie(server, "GET", "me", cookie).json["name"], "anna", "me")
    equal(by_cookie(server, "POST", "logout", cookie, {}).status, 204, "logout")
    equal(by_cookie(server, "GET", "me", cookie).status, 401, "me after the logout")


@table([("a wrong password", {"name": "bea", "password": "wrong wrong wrong"}), ("an unknown name", {"name": "nobody", "password": "wrong wrong wrong"}),
        ("a link that is none", {"link": "x" * 40})])
def a_wrong_login_is_401_and_says_the_same(server, body):
    if server.rest("GET", "people/bea").status == 404:
        person(server, "bea")
    reply = login(server, **body)
    equal(reply.status, 401, f"status ({reply.text})")
    expect("set-cookie" not in reply.headers, "a cookie came with it")
    expect("nobody" not in reply.text and "unknown" not in reply.text.lower(), "it tells which names exist:", reply.text)


@case
def guessing_passwords_is_slowed_down_but_locks_nobody_out():
    with Server() as server:
        person(server, "cora")
        statuses = [login(server, name="cora", password=f"guess number {n}").status for n in range(60)]
        expect(429 in statuses, "60 wrong passwords in a row:", sorted(set(statuses)))
        expect(set(statuses) <= {401, 429}, "statuses", sorted(set(statuses)))
        equal(server.rest("GET", "stations").status, 200, "a key goes on working")


@case
def a_one_time_link_works_once(server):
    made = server.post("people", {"name": "dana", "role": "viewer"}, status=201)
    secret = made["link"].split("#k=")[1]
    first = login(server, link=secret)
    equal((first.status, first.json["name"]), (200, "dana"), "first use")
    equal(login(server, link=secret).status, 401, "second use")
    name, value, _ = cookie_of(first)
    equal(by_cookie(server, "POST", "me/password", f"{name}={value}", {"password": "a new long password"}).status, 204, "set a password")
    equal(login(server, name="dana", password="a new long password").status, 200, "login with it")


@case
def a_new_link_voids_the_old_one(server):
    first = server.post("people", {"name": "elsa", "role": "viewer"}, status=201)["link"].split("#k=")[1]
    second = server.post("people/elsa/link", {}, status=201)["link"].split("#k=")[1]
    equal(login(server, link=first).status, 401, "the old link")
    equal(login(server, link=second).status, 200, "the new link")


@table([("from another site", {"Sec_Fetch_Site": "cross-site"}), ("from another origin", {"Sec_Fetch_Site": None, "Origin": "https://evil.example"}),
        ("from a sandboxed frame", {"Sec_Fetch_Site": None, "Origin": "null"}), ("from a sister site", {"Sec_Fetch_Site": "same-site"}),
        ("by a form", {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "cross-site"}),
        ("as plain text", {"Content_Type": "text/plain", "Sec_Fetch_Site": None})])
def a_request_that_the_pages_did_not_make_changes_nothing(server, headers):
    """B50"""
    if not hasattr(server, "mallory"):
        server.mallory, _ = person(server, "flora", "admin")
    before = len(server.items("tokens?limit=1000"))
    reply = by_cookie(server, "POST", "tokens", server.mallory, {"id": f"CSRF-{time.monotonic_ns()}"}, **headers)
    expect(reply.status in (400, 403, 415, 422), "status", reply.status, reply.text[:200])
    equal(len(server.items("tokens?limit=1000")), before, "tokens")


@case
def the_page_itself_may_change_things(server):
    cookie, _ = person(server, "gina", "operator")
    equal(by_cookie(server, "POST", "tokens", cookie, {"id": "BY-PAGE"}).status, 201, "status")
    origin = f"http://{server.http[0]}:{server.http[1]}"
    equal(by_cookie(server, "POST", "tokens", cookie, {"id": "BY-PAGE-2"}, Sec_Fetch_Site=None, Origin=origin).status, 201, "status by Origin")


@case
def a_new_role_or_a_lock_ends_the_logins(server):
    cookie, _ = person(server, "hanna", "operator")
    server.patch("people/hanna", {"role": "viewer"})
    equal(by_cookie(server, "GET", "me", cookie).status, 401, "the old login after a new role")
    name, value, _ = cookie_of(login(server, name="hanna", password="correct horse battery"))
    equal(by_cookie(server, "POST", "tokens", f"{name}={value}", {"id": "NO"}).status, 403, "a viewer adds a token")
    server.patch("people/hanna", {"disabled": True})
    equal(by_cookie(server, "GET", "me", f"{name}={value}").status, 401, "the login of a disabled person")
    equal(login(server, name="hanna", password="correct horse battery").status, 401, "a disabled person logs in")


@case
def nobody_gives_themselves_a_role(server):
    """B58"""
    cookie, _ = person(server, "ines", "viewer")
    equal(by_cookie(server, "PATCH", "me", cookie, {"role": "admin"}).status, 422, "PATCH me with a role")
    equal(by_cookie(server, "PATCH", "people/ines", cookie, {"role": "admin"}).status, 403, "PATCH people")
    equal(by_cookie(server, "GET", "me", cookie).json["role"], "viewer", "role")


@case
def the_last_admin_stays():
    with Server() as server:
        server.post("people", {"name": "judy", "role": "admin", "password": "correct horse battery"}, status=201)
        for other in server.items("people"):  # the first link may have made one
            if other["name"] != "judy":
                equal(server.rest("DELETE", f"people/{other['name']}").status, 204, "delete another admin")
        equal(server.rest("DELETE", "people/judy").status, 409, "delete")
        equal(server.rest("PATCH", "people/judy", {"role": "viewer"}).status, 409, "another role")
        equal(server.rest("PATCH", "people/judy", {"disabled": True}).status, 409, "disable")


@case
def changes_are_in_the_audit_with_before_and_after_and_no_secret(server):
    cookie, _ = person(server, "kara", "operator")
    server.add_station("AUD-1", password="audit-needle-0123456")
    by_cookie(server, "PATCH", "stations/AUD-1", cookie, {"note": "loose cable", "password": "audit-needle-6543210"})
    entries = server.items("audit?target=station:AUD-1")
    change = entries[0]
    equal(change["actor"], "person:kara", "actor")
    equal((change["before"]["note"], change["after"]["note"]), ("", "loose cable"), "before and after")
    expect("audit-needle" not in json.dumps(entries), "a password is in the audit")
    equal(server.rest("GET", "audit", key=server.post("keys", {"role": "operator"}, status=201)["key"]).status, 403, "an operator reads the audit")


@case
def the_page_has_a_strict_policy_and_no_foreign_parts(server):
    page = server.rest("GET", "/", key=False)
    equal(page.status, 200, "status")
    policy = page.headers.get("content-security-policy", "")
    expect("default-src" in policy or "script-src" in policy, "policy", policy)
    expect("unsafe-inline" not in policy.split("style-src")[0] and "unsafe-eval" not in policy, "policy", policy)
    for name, value in (("x-content-type-options", "nosniff"), ("referrer-policy", None)):
        expect(page.headers.get(name) and (value is None or page.headers[name] == value), name, page.headers.get(name))
    expect("frame-ancestors" in policy or page.headers.get("x-frame-options"), "frames:", policy)
    foreign = re.findall(r'(?:src|href)="(https?:)?//[^"]+"', page.text)
    equal(foreign, [], "parts from elsewhere")


# -- CSV


def csv_post(server, path, text):
    return server.rest("POST", path, raw=text.encode(), headers={"Content-Type": "text/csv"})


@case
def tokens_come_from_csv_all_or_nothing(server):
    good = "id,status,name\r\nCSV-1,accepted,\"Anna, the first\"\r\nCSV-2,blocked,\r\n"
    dry = csv_post(server, "tokens/import?dry_run=true", good).json
    equal((dry["dry_run"], dry["created"], dry["errors"]), (True, 2, []), "dry run")
    equal(server.rest("GET", "tokens/CSV-1").status, 404, "after the dry run")
    equal(csv_post(server, "tokens/import", good).json["created"], 2, "created")
    equal(server.get("tokens/CSV-1")["name"], "Anna, the first", "name")
    again = csv_post(server, "tokens/import", good).json
    equal((again["created"], again["unchanged"]), (0, 2), "the same file again")
    bad = csv_post(server, "tokens/import", "id,status\nCSV-3,accepted\nCSV-4,perhaps\n").json
    equal([(e["line"], e["field"]) for e in bad["errors"]], [(3, "status")], "errors")
    equal(server.rest("GET", "tokens/CSV-3").status, 404, "a row of a file with an error")


@case
def stations_come_from_csv_with_made_passwords(server):
    done = csv_post(server, "stations/import", "id,name\nCSV-S1,one\nCSV-S2,two\n")
    equal(done.status, 200, f"status ({done.text[:200]})")
    Station(server.ocpp, "CSV-S1", password=done.json["passwords"]["CSV-S1"]).boot()


@case
def a_csv_of_a_spreadsheet_is_taken(server):
    """With its mark, semicolons, CRLF, a separator too many, empty lines and quotes."""
    done = csv_post(server, "tokens/import", '\ufeffid;name;;\r\nSHEET-1;"Anna; the first";;\r\n\r\nSHEET-2;"Berta ""B""";;\r\n').json
    equal((done["created"], done["errors"]), (2, []), "created")
    equal([server.get(f"tokens/SHEET-{n}")["name"] for n in (1, 2)], ["Anna; the first", 'Berta "B"'], "names")


@table([("a column that is misspelt, and empty", "id,nmae\nX,\n", "nmae"), ("a column twice", "id,name,name\nX,a,b\n", "name"), ("the id twice", "id,id\nX,Y\n", "id"),
        ("a field that is only shown", "id,created_at\nX,2026-01-01T00:00:00Z\n", "created_at"), ("lines that end in CR alone", "id,name\rX,a\r", None), ("tabs", "id\tname\nX\ta\n", None)])
def a_heading_that_does_not_fit_is_refused(server, text, column):
    reply = csv_post(server, "tokens/import", text)
    equal(reply.status, 422, reply.text[:200])
    expect(column is None or reply.json["field"] == column, reply.text)
    equal(server.rest("GET", "tokens/X").status, 404, "token X")


@case
def a_cell_too_many_is_named_by_its_line(server):
    done = csv_post(server, "tokens/import", "id,name\nX,Miller, Anna\n").json
    equal([e["line"] for e in done["errors"]], [2], "errors")
    equal(server.rest("GET", "tokens/X").status, 404, "token X")


@table([("an unknown column", "id,colour\nX,red\n"), ("no id column", "name\nX\n"), ("an open quote", 'id\n"X\n'), ("bad UTF-8", "id\n\udcff\n"), ("nothing", "")])
def a_csv_that_is_none_is_refused(server, text):
    reply = server.rest("POST", "tokens/import", raw=text.encode("utf-8", "surrogateescape"), headers={"Content-Type": "text/csv"})
    expect(reply.status in (400, 422) or reply.status == 200 and reply.json["errors"], f"{reply.status} {reply.text[:200]}")
    equal(server.rest("GET", "tokens/X").status, 404, "token X")


@case
def sessions_go_to_csv_without_formulas(server):
    """B53"""
    station = server.station("CSV-OUT", boot=True)
    for token in ("=1+1", "+1", "-1", "@x", 'quo"te', "PLAIN"):
        Charge(station, token, meter=0).stop(1500)
    reply = server.rest("GET", "sessions.csv?station=CSV-OUT")
    equal(reply.status, 200, "status")
    expect(reply.headers["content-type"].startswith("text/csv"), "content type")
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    equal(len(rows), 6, "lines")
    cells = [value for row in rows for value in row.values()]
    equal([c for c in cells if c[:1] in "=+@" and c], [], "cells that a spreadsheet would calculate")
    expect(any(row.get("energy_wh") in ("1500", "1500.0") for row in rows), "energy", rows[0])


@case
def the_energy_report_adds_up(server):
    server.add_token("REPORT")
    station = server.station("REPORT-1", boot=True)
    for n in range(3):
        Charge(station, "REPORT", meter=n * 1000).stop(n * 1000 + 500)
    rows = server.get("reports/energy?by=token")["items"]
    mine = next(r for r in rows if r["key"] == "REPORT")
    equal((mine["sessions"], mine["energy_wh"]), (3, 1500), "row of the token")
    by_station = next(r for r in server.get("reports/energy?by=station")["items"] if r["key"] == "REPORT-1")
    equal(by_station["energy_wh"], 1500, "row of the station")


# -- free vend, review


@case
def a_station_may_take_any_token(server):
    server.add_station("FREE-1", unknown_tokens="accept")
    station = server.station("FREE-1", add=False)
    station.boot()
    charge = Charge(station, "WHOEVER", meter=0)
    equal(charge.token_status, "Accepted", "status")
    server.add_token("FREE-BLOCKED", status="blocked")
    equal(station.call("Authorize", {"idTag": "FREE-BLOCKED"})["idTagInfo"]["status"], "Blocked", "a blocked one stays blocked")


@case
def an_unknown_token_can_be_tapped_in(server):
    station = server.station("TAP-1", boot=True)
    station.call("Authorize", {"idTag": "NEWCARD"})
    seen = server.items("tokens/unknown")
    equal((seen[0]["token"], seen[0]["station"]), ("NEWCARD", "TAP-1"), "the last unknown token")
    server.add_token("NEWCARD")
    equal(station.call("Authorize", {"idTag": "NEWCARD"})["idTagInfo"]["status"], "Accepted", "status")


@case
def a_doubt_is_reviewed_and_settled(server):
    station = server.station("DOUBT-1", boot=True)
    station.call("StopTransaction", stop16(99, 700, idTag="WHO"))
    doubt = next(r for r in server.items("review?station=DOUBT-1"))
    equal((doubt["code"], doubt["args"]), ("stop_unknown", {}), "what pages say it by")
    note = next(m for m in server.items("stations/DOUBT-1/messages") if m["kind"] == "note")
    equal((note["code"], note["args"]["protocol"]), ("connected", "ocpp1.6"), "a note of the log")
    expect(note["note"].startswith("connected from "), note)
    settled = server.post(f"review/{doubt['id']}/settle", {}, status=200)
    expect(settled["settled_at"] and settled["settled_by"], settled)
    equal([r["id"] for r in server.items("review?station=DOUBT-1") if r["id"] == doubt["id"]], [], "in the list of what is open")


@case
def a_new_password_goes_to_the_station_and_old_and_new_work_until_one_is_used(server):
    station = server.station("ROT-1", boot=True)
    station.on["ChangeConfiguration"] = {"status": "Accepted"}
    told = server.post("stations/ROT-1/password", {}, status=200)
    call = station.wait_call("ChangeConfiguration")
    equal((call[3]["key"], call[3]["value"].lower()), ("AuthorizationKey", told["password"].encode().hex()), "what the station was told")
    station.close()
    Station(server.ocpp, "ROT-1", password=told["password"]).close()
    try:
        Station(server.ocpp, "ROT-1", password=PASSWORD)
        raise Wrong("the old password works after the new one was used")
    except Refused as refused:
        equal(refused.status, 401, "status with the old password")


if __name__ == "__main__":
    run()
