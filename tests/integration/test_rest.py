#!/usr/bin/env python3
"""The REST contract (docs/api.md): status codes, names, pages, filters, rights."""
import re

from harness import *
from ocpp import *


def problem(reply, status, *words):
    """RFC 9457 problem details with this status, whose text holds the words."""
    equal(reply.status, status, f"status ({reply.text[:300]})")
    expect(reply.headers.get("content-type", "").startswith("application/problem+json"), "content type:", reply.headers.get("content-type"))
    equal(reply.json.get("status"), status, "status in the body")
    expect(reply.json.get("title"), "title in the body:", reply.text)
    for word in words:
        expect(word in reply.text, f"{word!r} is not named: {reply.text[:300]}")


# -- life of a resource

@case
def a_station_is_created_read_changed_deleted(server):
    made = server.rest("POST", "stations", {"id": "REST-1"})
    equal(made.status, 201, f"status ({made.text})")
    equal(made.headers.get("location"), "/api/v1/stations/REST-1", "Location")
    expect(re_password(made.json["password"]), "the made password:", made.json)
    read = server.get("stations/REST-1")
    expect("password" not in read or read["password"] is None, "a password is read back:", read)
    equal((read["id"], read["connected"], read["evses"]), ("REST-1", False, []), "the new station")
    problem(server.rest("POST", "stations", {"id": "REST-1"}), 409, "REST-1")
    equal(server.patch("stations/REST-1", {"heartbeat_interval_s": 77})["heartbeat_interval_s"], 77, "after the change")
    equal(server.rest("DELETE", "stations/REST-1").status, 204, "delete")
    problem(server.rest("GET", "stations/REST-1"), 404)
    problem(server.rest("DELETE", "stations/REST-1"), 404)
    problem(server.rest("PATCH", "stations/REST-1", {"lenient": True}), 404)


def re_password(text):
    return re.fullmatch(r"[A-Za-z0-9]{20}", text)


@case
def a_token_is_created_read_changed_deleted(server):
    made = server.rest("POST", "tokens", {"id": "Tag-1", "status": "blocked", "language": "de", "expires_at": "2031-01-01T00:00:00Z"})
    equal(made.status, 201, f"status ({made.text})")
    equal(made.headers.get("location"), "/api/v1/tokens/Tag-1", "Location")
    read = server.get("tokens/tag-1")
    equal((read["id"], read["status"], read["language"]), ("Tag-1", "blocked", "de"), "token, found without case")
    equal(parse_utc(read["expires_at"]), parse_utc("2031-01-01T00:00:00Z"), "expires_at")
    problem(server.rest("POST", "tokens", {"id": "TAG-1"}), 409)
    equal(server.patch("tokens/Tag-1", {"status": "accepted"})["status"], "accepted", "after the change")
    equal(server.rest("DELETE", "tokens/Tag-1").status, 204, "delete")
    problem(server.rest("GET", "tokens/Tag-1"), 404)


@case
def a_site_is_created_read_changed_deleted(server):
    made = server.rest("POST", "sites", {"name": "Depot", "time_zone": "Europe/Berlin", "currency": "EUR"})
    equal(made.status, 201, f"status ({made.text})")
    location = made.headers["location"]
    equal(server.get(location)["name"], "Depot", "site")
    server.add_station("SITE-1", site=made.json["id"])
    equal(server.get("stations/SITE-1")["site"], made.json["id"], "site of the station")
    equal([s["id"] for s in server.items(f"stations?site={made.json['id']}")], ["SITE-1"], "stations of the site")
    equal(server.rest("PATCH", location, {"name": "Yard"}).json["name"], "Yard", "after the change")
    server.patch("stations/SITE-1", {"site": None})
    equal(server.rest("DELETE", location).status, 204, "delete")


@case
def a_key_is_made_used_and_taken_back(server):
    made = server.post("keys", {"role": "viewer", "name": "dash"}, status=201)
    equal(server.rest("GET", "stations", key=made["key"]).status, 200, "with the new key")
    expect(all("key" not in k or not k["key"] for k in server.items("keys")), "a key is read back")
    equal(server.rest("DELETE", f"keys/{made['id']}").status, 204, "delete")
    equal(server.rest("GET", "stations", key=made["key"]).status, 401, "with the key that was taken back")


@table([(p, p) for p in ["stations/none", "tokens/none", "sites/999999", "sessions/999999", "stations/none/messages",
                         "sessions/999999/meter_values", "nothing", "stations/none/nothing", "sessions/nonsense"]])
def what_does_not_exist_is_404(server, path):
    problem(server.rest("GET", path), 404)


@table([
    ("an unknown field of a station", "POST", "stations", {"id": "F1", "colour": "red"}, "colour"),
    ("an unknown field of a token", "POST", "tokens", {"id": "F1", "colour": "red"}, "colour"),
    ("an unknown field of a site", "POST", "sites", {"name": "F1", "colour": "red"}, "colour"),
    ("no id", "POST", "stations", {}, "id"),
    ("an empty id", "POST", "stations", {"id": ""}, "id"),
    ("an id that is a number", "POST", "stations", {"id": 5}, "id"),
    ("an id of 49 characters", "POST", "stations", {"id": "x" * 49}, "id"),
    ("an id with a colon", "POST", "stations", {"id": "a:b"}, "id"),
    ("an id with a slash", "POST", "stations", {"id": "a/b"}, "id"),
    ("an id with a line break", "POST", "stations", {"id": "a\r\nb"}, "id"),
    ("a password that is too short", "POST", "stations", {"id": "F2", "password": "short"}, "password"),
    ("a password of 65 characters", "POST", "stations", {"id": "F2", "password": "x" * 65}, "password"),
    ("a profile that does not exist", "POST", "stations", {"id": "F2", "security_profile": 9}, "security_profile"),
    ("a registration that does not exist", "POST", "stations", {"id": "F2", "registration": "maybe"}, "registration"),
    ("a negative interval", "POST", "stations", {"id": "F2", "heartbeat_interval_s": -1}, "heartbeat_interval_s"),
    ("a site that does not exist", "POST", "stations", {"id": "F2", "site": "999999"}, "site"),
    ("a yes or no that is a text", "POST", "stations", {"id": "F2", "lenient": "yes"}, "lenient"),
    ("a token status that does not exist", "POST", "tokens", {"id": "F3", "status": "fine"}, "status"),
    ("a time that is none", "POST", "tokens", {"id": "F3", "expires_at": "tomorrow"}, "expires_at"),
    ("a role that does not exist", "POST", "keys", {"role": "emperor"}, "role"),
    ("an unknown filter of stations", "GET", "stations?colour=red", None, "colour"),
    ("an unknown filter of sessions", "GET", "sessions?colour=red", None, "colour"),
    ("an unknown filter of tokens", "GET", "tokens?colour=red", None, "colour"),
    ("a state that does not exist", "GET", "sessions?state=maybe", None, "state"),
    ("a flag that does not exist", "GET", "sessions?flag=pirate", None, "flag"),
    ("a time filter that is none", "GET", "sessions?from=yesterday", None, "from"),
    ("a limit of 0", "GET", "stations?limit=0", None, "limit"),
    ("a limit of 1001", "GET", "stations?limit=1001", None, "limit"),
    ("a limit that is a word", "GET", "stations?limit=all", None, "limit"),
    ("a cursor that is none", "GET", "stations?cursor=%00nonsense", None, "cursor"),
])
def a_wrong_field_is_422_and_named(server, method, path, body, name):
    problem(server.rest(method, path, body), 422, name)


@table([("not JSON", b"{", (400,)), ("no object", b"[]", (400, 422)), ("an empty body", b"", (400, 422)), ("bad UTF-8", b'{"id":"\xff"}', (400, 422)),
        ("twice the same member", b'{"id":"A1","id":"A2"}', (400, 422)), ("100,000 levels", b"[" * 100000, (400, 413, 422)),
        ("a lone surrogate", b'{"id":"\\ud800"}', (400, 422))])
def a_body_that_is_none_is_refused(server, raw, statuses):
    reply = server.rest("POST", "stations", raw=raw, headers={"Content-Type": "application/json"})
    expect(reply.status in statuses, f"status {reply.status}, want one of {statuses} ({reply.text[:200]})")
    problem(reply, reply.status)


@case
def an_unknown_method_is_405(server):
    for method, path in (("PUT", "stations/REST-1"), ("DELETE", "sessions"), ("POST", "inbox")):
        reply = server.rest(method, path, {} if method != "DELETE" else None)
        equal(reply.status, 405, f"{method} {path}")
        expect("GET" in reply.headers["allow"], f"Allow of {path} (RFC 9110 §15.5.6): {reply.headers['allow']}")


# -- who may

@table([("no key", False), ("a wrong key", "nonsense"), ("an empty key", " "), ("a long key", "x" * 5000)])
def without_a_key_it_is_401(server, key):
    for path in ("stations", "sessions", "tokens", "events", "keys", "people", "inbox", "review"):
        reply = server.rest("GET", path, key=key)
        problem(reply, 401)
        expect("www-authenticate" in reply.headers, "WWW-Authenticate (RFC 9110 §11.6.1):", reply.headers)


@table([("add a station", "POST", "stations", {"id": "NO"}), ("add a token", "POST", "tokens", {"id": "NO"}), ("add a site", "POST", "sites", {"name": "NO"}),
        ("change a station", "PATCH", "stations/RIGHT-1", {"lenient": True}), ("delete a station", "DELETE", "stations/RIGHT-1", None),
        ("command a station", "POST", "stations/RIGHT-1/commands/clear_cache", {}), ("call a station", "POST", "stations/RIGHT-1/calls", {"action": "ClearCache", "payload": {}}),
        ("make a key", "POST", "keys", {"role": "admin"}), ("see the keys", "GET", "keys", None), ("see the people", "GET", "people", None),
        ("adopt a station", "POST", "inbox/NOBODY/adopt", {})])
def a_viewer_may_not(server, method, path, body):
    if server.rest("GET", "stations/RIGHT-1").status == 404:
        server.add_station("RIGHT-1")
        server.viewer = server.post("keys", {"role": "viewer", "name": "v"}, status=201)["key"]
    problem(server.rest(method, path, body, key=server.viewer), 403)


@case
def an_operator_may_command_but_not_make_keys_or_calls(server):
    server.add_station("RIGHT-2")
    key = server.post("keys", {"role": "operator", "name": "o"}, status=201)["key"]
    equal(server.rest("POST", "stations/RIGHT-2/commands/clear_cache", {}, key=key).status, 409, "a command to a station that is away")
    problem(server.rest("POST", "keys", {"role": "viewer"}, key=key), 403)
    problem(server.rest("POST", "stations/RIGHT-2/calls", {"action": "ClearCache", "payload": {}}, key=key), 403)


# -- lists

@case
def pages_show_everything_once_newest_first(server):
    for n in range(25):
        server.add_token(f"PAGE-{n:02}")
    seen, cursor, pages = [], None, 0
    while True:
        page = server.get("tokens?limit=10" + (f"&cursor={cursor}" if cursor else ""))
        seen += [t["id"] for t in page["items"]]
        pages += 1
        expect(len(page["items"]) <= 10 and pages < 20, "page", pages, len(page["items"]))
        cursor = page["next_cursor"]
        if not cursor:
            break
    mine = [t for t in seen if t.startswith("PAGE-")]
    equal(mine, [f"PAGE-{n:02}" for n in reversed(range(25))], "newest first, each once")


@case
def a_page_is_not_disturbed_by_what_is_added_meanwhile(server):
    for n in range(6):
        server.add_token(f"MOVE-{n}")
    first = server.get("tokens?limit=3")
    server.add_token("MOVE-LATE")
    second = server.get(f"tokens?limit=3&cursor={first['next_cursor']}")
    both = [t["id"] for t in first["items"] + second["items"]]
    equal(len(set(both)), 6, f"six different tokens: {both}")


@case
def filters_filter(server):
    server.add_token("FILT")
    here = server.station("FILT-1", boot=True)
    server.station("FILT-2", boot=True)
    server.add_station("FILT-3")
    one = Charge(here, "FILT", meter=0)
    one.stop(100)
    Charge(here, "FILT", meter=100)
    equal([s["id"] for s in server.items("stations?q=FILT-1")], ["FILT-1"], "q")
    away = [s["id"] for s in server.items("stations?connected=false&limit=1000")]
    expect("FILT-3" in away and "FILT-1" not in away, "connected=false:", away)
    equal([s["state"] for s in server.items("sessions?station=FILT-1&state=ended")], ["ended"], "state=ended")
    equal([s["state"] for s in server.items("sessions?station=FILT-1&state=open")], ["open"], "state=open")
    equal([s["state"] for s in server.items("sessions?station=FILT-1")], ["open", "ended"], "newest first")
    equal(server.items("sessions?station=FILT-2"), [], "sessions of another station")
    equal(len(server.items("sessions?token=filt&station=FILT-1")), 2, "token, without case")
    equal(server.items(f"sessions?station=FILT-1&from={utc(3600)}"), [], "from")
    equal(server.items(f"sessions?station=FILT-1&to={utc(-86400)}"), [], "to")
    equal(server.items("sessions?station=FILT-1&flag=clock"), [], "flag")
    log = server.items("stations/FILT-1/messages?action=BootNotification")
    equal({m["action"] for m in log}, {"BootNotification"}, "messages of one action")
    equal(server.rest("GET", "sessions?station=NOT-THERE").status in (200, 404, 422), True, "an unknown station in a filter")


# -- headers

@case
def the_same_idempotency_key_makes_one_thing(server):
    first = server.rest("POST", "tokens", {"id": "IDEM-1"}, headers={"Idempotency-Key": "k-1"})
    again = server.rest("POST", "tokens", {"id": "IDEM-1"}, headers={"Idempotency-Key": "k-1"})
    equal((first.status, again.status), (201, 201), "both answers")
    equal(again.json, first.json, "the same body")
    equal(server.rest("POST", "tokens", {"id": "IDEM-1"}, headers={"Idempotency-Key": "k-2"}).status, 409, "another key")


@case
def a_change_with_an_old_etag_is_412(server):
    server.add_token("ETAG")
    etag = server.rest("GET", "tokens/ETAG").headers.get("etag")
    expect(etag, "no ETag")
    equal(server.rest("PATCH", "tokens/ETAG", {"language": "en"}, headers={"If-Match": etag}).status, 200, "with the right ETag")
    equal(server.rest("PATCH", "tokens/ETAG", {"language": "fr"}, headers={"If-Match": etag}).status, 412, "with the old ETag")
    equal(server.get("tokens/ETAG")["language"], "en", "language")


# -- around it

@case
def health_readiness_and_metrics_need_no_key(server):
    equal(server.rest("GET", "/healthz", key=False).status, 200, "healthz")
    equal(server.rest("GET", "/readyz", key=False).status, 200, "readyz")
    metrics = server.rest("GET", "/metrics", key=False)
    equal(metrics.status, 200, "metrics")
    expect("# TYPE" in metrics.text and "voltd_" in metrics.text, "metrics:", metrics.text[:200])


@case
def a_deviation_that_stations_are_known_for_is_counted_by_its_name(server):
    def seen(quirk):
        return int(re.search(rf'^voltd_deviations_total{{quirk="{quirk}"}} (\d+)$', server.rest("GET", "/metrics", key=False).text, re.M)[1])
    before = seen("time-without-zone"), seen("schema")
    station = server.station("QUIRK-1")
    station.boot()
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": "2026-01-02T03:04:05"}
    equal(station.call("StatusNotification", status), {}, "answer")
    equal((seen("time-without-zone"), seen("schema")), (before[0] + 1, before[1]), "counts")


@case
def the_openapi_document_names_every_operation(server):
    document = server.rest("GET", "openapi.json", key=False)
    equal(document.status, 200, "status")
    spec = document.json
    expect(spec["openapi"].startswith("3.1"), "version", spec["openapi"])
    base = {s["url"].rstrip("/") for s in spec.get("servers", [])}
    names = set()
    for path, operations in spec["paths"].items():
        for method in operations:
            if method in ("get", "post", "patch", "delete", "put"):
                names.add(method.upper() + " " + re.sub(r"\{\w+\}", "{id}", path.removeprefix("/api/v1")))
    commands = ["remote_start", "remote_stop", "reset", "unlock", "change_availability", "trigger", "get_configuration", "set_configuration",
                "clear_cache", "data_transfer"]
    wanted = ["POST /stations", "GET /stations", "GET /stations/{id}", "PATCH /stations/{id}", "DELETE /stations/{id}",
              *([] if "POST /stations/{id}/commands/{id}" in names else [f"POST /stations/{{id}}/commands/{c}" for c in commands]), "POST /stations/{id}/calls", "GET /stations/{id}/messages", "POST /tokens", "GET /tokens",
              "PATCH /tokens/{id}", "DELETE /tokens/{id}", "GET /sessions", "GET /sessions/{id}", "GET /sessions/{id}/meter_values",
              "POST /sessions/{id}/stop", "POST /sessions/{id}/close", "GET /sites", "POST /sites", "PATCH /sites/{id}", "DELETE /sites/{id}",
              "GET /inbox", "POST /inbox/{id}/adopt", "GET /events", "GET /review", "GET /keys", "POST /keys", "DELETE /keys/{id}",
              "GET /people", "POST /login"]
    equal([w for w in wanted if w not in names], [], f"operations that the document does not name (servers {base})")


@case
def every_get_of_the_openapi_document_works(server):
    server.add_token("OPEN")
    station = server.station("OPEN-1", boot=True)
    Charge(station, "OPEN").stop(5)
    site = server.post("sites", {"name": "Open"}, status=201)["id"]
    person = server.post("people", {"name": "opal", "role": "viewer"}, status=201)
    equal(server.rest("PUT", f"sites/{site}/power", {"nodes": [{"id": "g", "kind": "grid", "limit_a": 63}]}).status, 201, "a power document")
    known = {"stations": "OPEN-1", "sessions": server.sessions("OPEN-1")[0]["id"], "tokens": "OPEN", "sites": site, "people": person["name"]}
    failed = []
    for path, operations in server.rest("GET", "openapi.json", key=False).json["paths"].items():
        if "get" not in operations or path.endswith(("/events", "/power/plan")):  # there is no plan without prices: test_power.py
            continue
        if any(p.get("required") and p.get("in") == "query" for p in operations["get"].get("parameters", [])):
            continue
        bare = path.removeprefix("/api/v1").lstrip("/")
        parts = bare.split("/")
        filled = "/".join(str(known.get(parts[n - 1], p)) if p.startswith("{") and n else p for n, p in enumerate(parts))
        if "{" in filled:
            continue
        status = server.rest("GET", filled if not path.startswith(("/healthz", "/readyz", "/metrics")) else path).status
        if status != 200:
            failed.append(f"{path} as {filled}: {status}")
    equal(failed, [], "operations that do not answer 200")


@case
def unknown_stations_are_in_the_inbox_and_adopted(server):
    equal(refusal(server, "STRAY-1", password="another-password-16"), 404, "handshake of an unknown station")
    entry = eventually(lambda: [i for i in server.items("inbox") if i["identity"] == "STRAY-1"], "STRAY-1 in the inbox")
    equal(len(entry), 1, "entries of STRAY-1")
    expect(server.rest("POST", "inbox/STRAY-1/adopt", {}).status in (200, 201), "adopt")
    expect(not [i for i in server.items("inbox") if i["identity"] == "STRAY-1"], "it left the inbox")
    Station(server.ocpp, "STRAY-1", password="another-password-16").boot()
    equal(refusal(server, "STRAY-1", password="not-that-password-1"), 401, "handshake with another password")


def refusal(server, identity, **options):
    try:
        Station(server.ocpp, identity, **options).drop()
        return 101
    except Refused as refused:
        return refused.status


@case
def an_operator_closes_a_session_with_a_reason(server):
    server.add_token("CLOSE")
    charge = Charge(server.station("CLOSE-1", boot=True), "CLOSE", meter=0)
    charge.meter(400)
    session, = server.sessions("CLOSE-1")
    problem(server.rest("POST", f"sessions/{session['id']}/close", {}), 422, "reason")
    server.post(f"sessions/{session['id']}/close", {"reason": "cable was pulled"})
    closed = server.get(f"sessions/{session['id']}")
    equal((closed["state"], closed["energy_wh"]), ("ended", 400), "session")
    expect(server.rest("POST", f"sessions/{session['id']}/close", {"reason": "again"}).status in (409, 422), "closing it again")
    charge.stop(500)
    equal(server.get(f"sessions/{session['id']}")["energy_wh"], 500, "energy after the late stop")


@case
def a_deleted_station_keeps_its_sessions(server):
    server.add_token("DEL")
    station = server.station("DEL-1", boot=True)
    Charge(station, "DEL").stop(700)
    session, = server.sessions("DEL-1")
    station.close()
    equal(server.rest("DELETE", "stations/DEL-1").status, 204, "delete")
    kept = server.get(f"sessions/{session['id']}")
    equal((kept["energy_wh"], kept["state"], kept["station"]), (700, "ended", "DEL-1"), "session")
    equal([s["id"] for s in server.sessions("DEL-1")], [session["id"]], "sessions of the station that is gone")
    expect(f"{session['id']},DEL-1," in server.rest("GET", "sessions.csv").text, "its line in the export")
    equal({item["key"] for item in server.items("reports/energy?by=station")} & {"DEL-1"}, {"DEL-1"}, "its energy")
    equal(server.get(f"sessions/{session['id']}/messages")["items"][0]["station"], "DEL-1", "its messages")
    server.add_station("DEL-1")
    equal(server.sessions("DEL-1"), [], "sessions of another station of that name")
    equal(server.get(f"sessions/{session['id']}")["station"], "DEL-1", "the name stays")


@case
def http_head_limits_hold(server):
    long = server.rest("GET", "stations?q=" + "x" * 100_000)
    expect(long.status in (400, 414, 431), "a target of 100 kB:", long.status)
    many = server.rest("GET", "stations", headers={f"X-H{n}": "v" for n in range(99)} | {"X-Long": "v" * 100_000})
    expect(many.status in (400, 431), "a head of 100 kB:", many.status)
    body = server.rest("POST", "stations", raw=b"{" + b" " * 20_000_000, headers={"Content-Type": "application/json"})
    equal(body.status, 413, "a body of 20 MB")


if __name__ == "__main__":
    run()
