#!/usr/bin/env python3
"""People, cookies, imports, reports and the rest of the API that the console stands on (docs/api.md)."""
import datetime
import re

from harness import *
from ocpp import *

JSON = {"Content-Type": "application/json"}


def problem(reply, status, *words):
    equal(reply.status, status, f"status ({reply.text[:300]})")
    for word in words:
        expect(word in reply.text, f"{word!r} is not named: {reply.text[:300]}")


def person(server, name, role="operator", password="correct horse battery"):
    if server.rest("GET", f"people/{name}").status == 404:
        server.post("people", {"name": name, "role": role, "password": password}, status=201)
    reply = server.rest("POST", "login", {"name": name, "password": password}, key=False)
    equal(reply.status, 200, f"login ({reply.text[:200]})")
    return reply.headers["set-cookie"].split(";")[0], reply


def with_cookie(server, method, path, body=None, cookie="", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.rest(method, path, body, key=False, headers={"Cookie": cookie, **names})


# -- people

@case
def a_login_gives_a_cookie_that_works_until_logout(server):
    cookie, reply = person(server, "cora")
    attributes = reply.headers["set-cookie"]
    expect(attributes.startswith("voltd=") and "HttpOnly" in attributes and "SameSite=Strict" in attributes, attributes)
    me = with_cookie(server, "GET", "me", cookie=cookie).json
    equal((me["kind"], me["name"], me["role"]), ("person", "cora", "operator"), "me")
    expect("station.command" in me["rights"] and "key.write" not in me["rights"], me["rights"])
    equal(with_cookie(server, "POST", "logout", {}, cookie=cookie, Sec_Fetch_Site="same-origin").status, 204, "logout")
    equal(with_cookie(server, "GET", "me", cookie=cookie).status, 401, "after logout")


@case
def a_link_works_once_and_takes_the_password_away(server):
    person(server, "lena")
    link = server.post("people/lena/link", {}, status=201)["link"]
    secret = link.split("#k=")[1]
    expect(link.startswith("http://"), link)
    first = server.rest("POST", "login", {"link": secret}, key=False)
    equal(first.status, 200, f"first use ({first.text})")
    equal(first.json["has_password"], False, "the password is gone")
    problem(server.rest("POST", "login", {"link": secret}, key=False), 401, "link")
    problem(server.rest("POST", "login", {"name": "lena", "password": "correct horse battery"}, key=False), 401)
    cookie = first.headers["set-cookie"].split(";")[0]
    equal(with_cookie(server, "POST", "me/password", {"password": "another good one"}, cookie=cookie, Sec_Fetch_Site="same-origin").status, 204, "new password")
    equal(server.rest("POST", "login", {"name": "LENA", "password": "another good one"}, key=False).status, 200, "login, without case")


@table([("too short", "short", "8 characters"), ("one that all try", "Password123", "first"), ("the name", "berthold", "name")])
def a_weak_password_is_refused_by_its_rule(server, password, word):
    problem(server.rest("POST", "people", {"name": "Berthold", "role": "viewer", "password": password}), 422, "password", word)


@case
def a_change_of_password_needs_the_old_one_and_ends_other_logins(server):
    first, _ = person(server, "paul")
    second, _ = person(server, "paul")
    own = {"cookie": first, "Sec_Fetch_Site": "same-origin"}
    problem(with_cookie(server, "POST", "me/password", {"password": "a new long one"}, **own), 422, "current_password")
    problem(with_cookie(server, "POST", "me/password", {"password": "a new long one", "current_password": "wrong wrong"}, **own), 403)
    equal(with_cookie(server, "POST", "me/password", {"password": "a new long one", "current_password": "correct horse battery"}, **own).status, 204, "change")
    equal(with_cookie(server, "GET", "me", cookie=first).status, 200, "this login")
    equal(with_cookie(server, "GET", "me", cookie=second).status, 401, "the other login")


@case
def a_person_who_is_disabled_is_out_at_once(server):
    cookie, _ = person(server, "dora")
    equal(server.patch("people/dora", {"disabled": True})["disabled"], True, "disabled")
    equal(with_cookie(server, "GET", "me", cookie=cookie).status, 401, "the login")
    problem(server.rest("POST", "login", {"name": "dora", "password": "correct horse battery"}, key=False), 401)


@case
def the_last_admin_stays():
    with Server() as server:
        admins = [p["id"] for p in server.items("people") if p["role"] == "admin"]
        equal(admins, ["admin"], "admins")
        problem(server.rest("PATCH", "people/admin", {"role": "viewer"}), 409, "last admin")
        problem(server.rest("PATCH", "people/admin", {"disabled": True}), 409, "last admin")
        problem(server.rest("DELETE", "people/admin"), 409, "last admin")
        server.post("people", {"name": "second", "role": "admin"}, status=201)
        equal(server.rest("DELETE", "people/admin").status, 204, "with a second one")


@case
def guessing_is_slowed_down():
    with Server() as server:
        person(server, "gina")
        codes = [server.rest("POST", "login", {"name": "gina", "password": f"wrong guess {n}"}, key=False).status for n in range(14)]
        equal(codes[:10], [401] * 10, "the first tries")
        reply = server.rest("POST", "login", {"name": "gina", "password": "x"}, key=False)
        problem(reply, 429)
        expect(int(reply.headers["retry-after"]) > 0, reply.headers)


# -- pages of others

@table([
    ("from our page", {"Sec_Fetch_Site": "same-origin"}, 201), ("from another site", {"Sec_Fetch_Site": "cross-site"}, 403),
    ("from a sibling", {"Sec_Fetch_Site": "same-site"}, 403), ("from a foreign origin", {"Origin": "https://evil.example"}, 403),
    ("from an opaque origin", {"Origin": "null"}, 403), ("from nowhere that is said", {}, 403),
])
def a_change_by_cookie_comes_from_our_pages(server, headers, status):
    cookie, _ = person(server, "carl")
    body = {"id": "CSRF-" + re.sub(r"\W", "", str(headers))[:30]}
    equal(with_cookie(server, "POST", "tokens", body, cookie=cookie, **headers).status, status, "status")


@case
def our_own_origin_is_enough(server):
    cookie, _ = person(server, "carl")
    host = f"{server.http[0]}:{server.http[1]}"
    equal(with_cookie(server, "POST", "tokens", {"id": "CSRF-own"}, cookie=cookie, Origin=f"http://{host}").status, 201, "status")


@case
def a_body_that_a_form_could_send_is_refused(server):
    reply = server.rest("POST", "tokens", raw=b'{"id":"FORM"}', headers={"Content-Type": "text/plain"})
    equal(reply.status, 415, f"status ({reply.text[:200]})")


@case
def pages_carry_the_headers_that_guard_them(server):
    page = server.rest("GET", "/", key=False)
    policy = page.headers.get("content-security-policy", "")
    expect("default-src 'none'" in policy and "unsafe-inline" not in policy and "frame-ancestors 'none'" in policy, policy)
    equal(page.headers.get("x-content-type-options"), "nosniff", "nosniff")
    equal(server.rest("GET", "me").headers.get("cache-control"), "no-store", "cache-control of the API")


# -- audit

@case
def a_change_is_in_the_audit_with_before_and_after(server):
    cookie, _ = person(server, "audrey")
    own = {"cookie": cookie, "Sec_Fetch_Site": "same-origin"}
    equal(with_cookie(server, "POST", "tokens", {"id": "AUD-1"}, **own).status, 201, "create")
    equal(with_cookie(server, "PATCH", "tokens/AUD-1", {"status": "blocked"}, **own).status, 200, "change")
    rows = server.items("audit?target=token:AUD-1")
    equal([(r["actor"], r["action"]) for r in rows], [("person:audrey", "token.update"), ("person:audrey", "token.create")], "rows")
    equal((rows[0]["before"]["status"], rows[0]["after"]["status"]), ("accepted", "blocked"), "before and after")
    equal(server.items("audit?actor=person:nobody"), [], "another actor")
    expect("correct horse" not in server.rest("GET", "audit?limit=1000").text, "a password is in the audit")


# -- imports and exports

@case
def tokens_come_from_csv_after_a_dry_run(server):
    server.add_token("CSV-OLD", name="old")
    csv = 'id,name,status,expires_at\r\nCSV-OLD,new,accepted,\r\n"CSV,1","a ""quoted"" name",blocked,2031-01-01T00:00:00Z\r\nCSV-2,,,\r\n'.encode()
    send = lambda query: server.rest("POST", "tokens/import" + query, raw=csv, headers={"Content-Type": "text/csv"})
    dry = send("?dry_run=true")
    equal((dry.status, dry.json["dry_run"], dry.json["created"], dry.json["updated"], dry.json["errors"]), (200, True, 2, 1, []), f"dry run ({dry.text})")
    equal(server.rest("GET", "tokens/CSV-2").status, 404, "after the dry run")
    done = send("")
    equal((done.json["created"], done.json["updated"], done.json["unchanged"], done.json["errors"]), (2, 1, 0, []), "import")
    equal(server.get("tokens/CSV%2C1")["name"], 'a "quoted" name', "quoted cells")
    equal(send("").json["unchanged"], 3, "the same again")


@case
def a_wrong_line_is_named_and_nothing_is_changed(server):
    csv = b"id;status\nBAD-1;accepted\nBAD-2;purple\n;accepted\n"
    reply = server.rest("POST", "tokens/import", raw=csv, headers={"Content-Type": "text/csv"})
    equal([(e["line"], e["field"]) for e in reply.json["errors"]], [(3, "status"), (4, "id")], reply.text)
    equal(server.rest("GET", "tokens/BAD-1").status, 404, "the good line")
    problem(server.rest("POST", "tokens/import", raw=b"name\nx\n", headers={"Content-Type": "text/csv"}), 422, "id")
    problem(server.rest("POST", "tokens/import", raw=b"id,colour\nx,red\n", headers={"Content-Type": "text/csv"}), 422, "colour")


@case
def an_id_twice_in_a_file_is_an_error_and_does_no_harm(server):
    reply = server.rest("POST", "tokens/import", raw=b"id\nTWICE\ntwice\n", headers={"Content-Type": "text/csv"})
    equal([(e["line"], e["field"]) for e in reply.json["errors"]], [(3, "id")], reply.text)
    equal(server.rest("GET", "/readyz", key=False).status, 200, "readyz")


@case
def five_thousand_tokens_come_at_once(server):
    csv = "id,name,group_id\n" + "".join(f"MANY-{n},Card number {n},Fleet {n % 7}\n" for n in range(5000))
    for created, unchanged in ((5000, 0), (0, 5000)):
        done = server.rest("POST", "tokens/import", raw=csv.encode(), headers={"Content-Type": "text/csv"}, timeout=60)
        equal((done.status, done.json.get("created"), done.json.get("unchanged")), (200, created, unchanged), done.text[:200])


@case
def a_doubt_is_settled_once_by_many_at_once(server):
    station = server.station("SETTLE-1", boot=True)
    station.call("StopTransaction", {"transactionId": 424242, "meterStop": 5, "timestamp": utc()})
    doubt = eventually(lambda: [r for r in server.items("review") if r["station"] == "SETTLE-1"], "a doubt")[0]
    codes = []
    threads = [threading.Thread(target=lambda: codes.append(server.rest("POST", f"review/{doubt['id']}/settle", {}).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30 * SLOW)
    equal((codes.count(200), set(codes) <= {200, 409}), (1, True), f"answers: {codes}")
    equal(server.rest("GET", "/readyz", key=False).status, 200, "readyz")
    equal([r["id"] for r in server.items("review?settled=true&station=SETTLE-1") if r["id"] == doubt["id"]], [doubt["id"]], "settled")


@case
def stations_come_from_csv_with_made_passwords(server):
    site = server.post("sites", {"name": "CSV yard"}, status=201)["id"]
    csv = b"id,name,site,password\nCSVS-1,One,CSV yard,\nCSVS-2,Two,,sixteen-chars-ok\n"
    done = server.rest("POST", "stations/import", raw=csv, headers={"Content-Type": "text/csv"}).json
    equal((done["created"], done["errors"], list(done["passwords"])), (2, [], ["CSVS-1"]), "import")
    equal(server.get("stations/CSVS-1")["site"], site, "site by its name")
    Station(server.ocpp, "CSVS-1", password=done["passwords"]["CSVS-1"]).boot()
    Station(server.ocpp, "CSVS-2", password="sixteen-chars-ok").boot()


@case
def sessions_go_to_csv_without_formulas(server):
    server.add_token("=cmd()")
    station = server.station("EXP-1", boot=True)
    Charge(station, "=cmd()", meter=0).stop(1500)
    reply = server.rest("GET", "sessions.csv?station=EXP-1")
    lines = reply.text.strip().split("\r\n")
    expect(reply.headers["content-type"].startswith("text/csv"), reply.headers)
    expect(lines[0].startswith("id,station,") and len(lines) == 2, lines)
    expect(",'=cmd()," in lines[1] and ",1500," in lines[1], lines[1])


@case
def energy_is_summed_by_month_site_token_and_station(server):
    site = server.post("sites", {"name": "Sum yard"}, status=201)["id"]
    server.add_token("SUM", name="Summer")
    server.add_station("SUM-1", site=site)
    station = server.station("SUM-1", add=False, boot=True)
    Charge(station, "SUM", meter=0).stop(2500)
    month = time.strftime("%Y-%m", time.gmtime())
    for by, key, name in (("month", month, month), ("site", site, "Sum yard"), ("token", "SUM", "Summer"), ("station", "SUM-1", "SUM-1")):
        line = next((l for l in server.get(f"reports/energy?by={by}")["items"] if l["key"] == key), None)
        expect(line and line["name"] == name and line["energy_wh"] >= 2500, by, line)
    problem(server.rest("GET", "reports/energy?by=colour"), 422, "by")


# -- the rest

@case
def attention_tells_what_to_do_and_forgets_it(server):
    station = server.station("ATT-1", boot=True)
    station.call("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"})
    item = next(i for i in server.items("attention") if i["station"] == "ATT-1" and i["kind"] == "faulted")
    expect("GroundFailure" in item["text"] and item["action"] and item["severity"] == "error", item)
    station.call("StatusNotification", status16(1, "Available"))
    equal([i for i in server.items("attention") if i["station"] == "ATT-1" and i["kind"] == "faulted"], [], "after the fault")


@case
def the_server_tells_where_stations_connect(server):
    told = server.get("server")
    expect(re.fullmatch(r"\d+\.\d+\.\d+.*", told["version"]) and told["uptime_s"] >= 0 and told["storage"]["works"], told)
    expect(all(url.startswith("ws://") and url.endswith("/ocpp/") for url in told["addresses"]["ws"]), told["addresses"])
    expect(told["addresses"]["reachable"] or told["addresses"]["hint"], told["addresses"])


@case
def today_begins_where_the_reader_says(server):
    at = lambda hours: (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for wrong in (at(49), at(-1), "yesterday"):
        equal(server.rest("GET", f"server?day_from={wrong}").status, 422, wrong)
    station = server.station("TODAY-1", boot=True)
    begun = station.call("StartTransaction", {"connectorId": 1, "idTag": "X", "meterStart": 0, "timestamp": at(3)})["transactionId"]
    station.call("StopTransaction", {"transactionId": begun, "meterStop": 5000, "timestamp": at(2)})
    long, short = (server.get(f"server?day_from={at(hours)}") for hours in (4, 1))
    equal(long["energy_today_wh"] - short["energy_today_wh"], 5000, "Wh that began three hours ago")
    equal(long["starts_today"]["all"] - short["starts_today"]["all"], 1, "starts")


@case
def configuration_is_shown_with_its_origin(server):
    rows = {row["key"]: row for row in server.items("config")}
    equal(rows["http.listen"]["origin"], "flag", "http.listen")
    equal((rows["ocpp.call_timeout_s"]["value"], rows["ocpp.call_timeout_s"]["origin"]), ("20", "default"), "ocpp.call_timeout_s")


@case
def an_unknown_token_is_told_and_can_be_registered(server):
    station = server.station("TAP-1", boot=True)
    station.call("Authorize", {"idTag": 'TAP"\\1'})
    told = eventually(lambda: [t for t in server.items("tokens/unknown") if t["station"] == "TAP-1"], "the unknown token")
    equal(told[0]["token"], 'TAP"\\1', "its id")
    server.add_token('TAP"\\1')
    equal([t for t in server.items("tokens/unknown") if t["station"] == "TAP-1"], [], "after it was registered")


@table([(v, v) for v in VERSIONS])
def a_new_password_is_set_on_the_station_and_the_old_one_counts_until_it_is_used(server, version):
    identity = "ROT-" + version[4:].replace(".", "")
    station = server.station(identity, version, boot=True)
    action = "ChangeConfiguration" if version == V16 else "SetVariables"
    answer = {"status": "Accepted"} if version == V16 else {"setVariableResult": [
        {"attributeStatus": "Accepted", "component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}]}
    station.on[action] = answer
    done = server.post(f"stations/{identity}/password", {}, status=200)
    expect(re.fullmatch(r"[A-Za-z0-9]{20}", done["password"]), done)
    sent = json.dumps(station.wait_call(action)[3])
    expect((done["password"].encode().hex().upper() if version == V16 else done["password"]) in sent, sent)
    equal(server.get(f"stations/{identity}")["password_pending"], True, "pending")
    station.close()
    Station(server.ocpp, identity, protocols=[version], password=PASSWORD).close()
    Station(server.ocpp, identity, protocols=[version], password=done["password"]).close()
    eventually(lambda: not server.get(f"stations/{identity}")["password_pending"], "it was used")
    try:
        Station(server.ocpp, identity, protocols=[version], password=PASSWORD)
        raise Wrong("the old password still opens")
    except Refused as refused:
        equal(refused.status, 401, "the old one")
    expect(done["password"] not in server.rest("GET", f"stations/{identity}/messages").text, "the log shows the password")


@case
def an_adopted_station_without_a_password_gets_one(server):
    try:
        Station(server.ocpp, "BARE-1", auth=False)
        raise Wrong("a stranger was let in")
    except Refused:
        pass
    server.post("inbox/BARE-1/adopt", {"name": "Bare"}, status=201)
    station = Station(server.ocpp, "BARE-1", auth=False)
    station.boot()
    equal(server.get("stations/BARE-1")["security_profile"], 0, "profile")
    station.on["ChangeConfiguration"] = {"status": "Accepted"}
    made = server.post("stations/BARE-1/password", {}, status=200)["password"]
    station.close()
    Station(server.ocpp, "BARE-1", auth=False).close()
    Station(server.ocpp, "BARE-1", password=made).close()
    eventually(lambda: not server.get("stations/BARE-1")["password_pending"], "it was used")
    try:
        Station(server.ocpp, "BARE-1", auth=False)
        raise Wrong("without a password it still opens")
    except Refused as refused:
        equal(refused.status, 401, "without a password")


@case
def a_label_on_a_connector_finds_its_station(server):
    station = server.station("LAB-1", boot=True)
    station.call("StatusNotification", status16(1, "Available"))
    shown = server.rest("PATCH", "stations/LAB-1/connectors/1/1", {"printed_id": "DE*VLT*E77", "power_max_w": 22000}).json
    connector = shown["evses"][0]["connectors"][0]
    equal((connector["printed_id"], connector["power_max_w"], connector["status"]), ("DE*VLT*E77", 22000, "available"), "connector")
    equal([s["id"] for s in server.items("stations?q=vlt*e77")], ["LAB-1"], "search")
    problem(server.rest("PATCH", "stations/LAB-1/connectors/9/9", {"printed_id": "x"}), 404)
    problem(server.rest("PATCH", "stations/LAB-1/connectors/1/1", {"status": "available"}), 422, "status")


@case
def a_key_used_for_another_request_is_refused(server):
    send = lambda body: server.rest("POST", "tokens", body, headers={"Idempotency-Key": "one-key"})
    equal(send({"id": "ONE-1"}).status, 201, "first")
    problem(send({"id": "ONE-2"}), 422, "Idempotency-Key")
    again = send({"id": "ONE-1"})
    equal((again.status, again.headers["location"]), (201, "/api/v1/tokens/ONE-1"), "the same again")


@case
def an_idempotent_command_reaches_the_station_once(server):
    station = server.station("ONCE-1", boot=True)
    station.on["ClearCache"] = {"status": "Accepted"}
    replies = [server.rest("POST", "stations/ONCE-1/commands/clear_cache", {}, headers={"Idempotency-Key": "clear"}) for _ in range(3)]
    equal([r.status for r in replies], [200] * 3, "answers")
    equal(len({r.text for r in replies}), 1, "different answers")
    equal(len([c for c in station.calls if c[2] == "ClearCache"]), 1, "calls")


@case
def a_made_secret_is_not_stored_with_an_idempotency_key(server):
    send = lambda: server.rest("POST", "stations", {"id": "SEC-1"}, headers={"Idempotency-Key": "sec"})
    first, again = send(), send()
    equal((first.status, again.status), (201, 201), "answers")
    expect("password" in first.json and "password" not in again.json, again.text)


if __name__ == "__main__":
    run()
