#!/usr/bin/env python3
"""What an operator must look at: each thing that goes wrong with a station stands under Attention in words, and goes when it is mended."""
from harness import *
from ocpp import *


def attention(server, kind, station):
    return [item for item in server.items("attention") if item["kind"] == kind and item["station"] == station]


def shown(server, kind, station):
    item, = eventually(lambda: attention(server, kind, station), f"{kind} of {station} under Attention")
    expect(item["text"] and item["action"], item)
    return item


@case
def a_station_closed_twice_for_size_is_shown_with_the_size_and_the_key(server):
    for n in range(2):
        station = server.station("ATT-SIZE", add=n == 0, boot=n == 0)
        equal(attention(server, "oversize", "ATT-SIZE"), [], "after one")
        station.send_text('[2,"1","DataTransfer",{"vendorId":"v","data":"' + "x" * 1_100_000 + '"}]')
        eventually(lambda: station.ended, "closed")
        equal(station.close_code, 1009, "close code")
    item = shown(server, "oversize", "ATT-SIZE")
    eventually(lambda: "11000" in attention(server, "oversize", "ATT-SIZE")[0]["action"], "the size")
    expect("frame_bytes_max" in attention(server, "oversize", "ATT-SIZE")[0]["action"], item)
    server.patch("stations/ATT-SIZE", {"frame_bytes_max": 2_000_000})
    equal(attention(server, "oversize", "ATT-SIZE"), [], "after it was raised")
    station = server.station("ATT-SIZE", add=False)
    station.call("DataTransfer", {"vendorId": "v", "data": "x" * 1_100_000})


@case
def a_faulted_connector_is_shown(server):
    station = server.station("ATT-FAULT", boot=True)
    station.call("StatusNotification", status16(1, "Faulted", "GroundFailure", info="leak"))
    item = shown(server, "faulted", "ATT-FAULT")
    expect("EVSE 1" in item["text"] and "GroundFailure" in item["text"] and "leak" in item["text"], item)
    station.call("StatusNotification", status16(0, "Faulted", "InternalError"))
    eventually(lambda: len(attention(server, "faulted", "ATT-FAULT")) == 2, "the station's own fault")
    for connector in (0, 1):
        station.call("StatusNotification", status16(connector, "Available"))
    eventually(lambda: not attention(server, "faulted", "ATT-FAULT"), "it goes")


@case
def a_station_without_password_is_shown_and_one_that_never_came(server):
    server.post("stations", {"id": "ATT-OPEN", "security_profile": 0})
    shown(server, "no_password", "ATT-OPEN")
    shown(server, "first_boot", "ATT-OPEN")
    Station(server.ocpp, "ATT-OPEN", password=None).drop()
    eventually(lambda: not attention(server, "first_boot", "ATT-OPEN"), "it came")
    server.patch("stations/ATT-OPEN", {"security_profile": 1})
    equal(attention(server, "no_password", "ATT-OPEN"), [], "it has one now")


@case
def a_new_password_that_was_not_used_yet_is_shown(server):
    station = server.station("ATT-PASS", boot=True)
    station.on["ChangeConfiguration"] = {"status": "Accepted"}
    made = server.post("stations/ATT-PASS/password", {})["password"]
    shown(server, "password_pending", "ATT-PASS")
    station.close()
    server.stations.append(Station(server.ocpp, "ATT-PASS", password=made))
    eventually(lambda: not attention(server, "password_pending", "ATT-PASS"), "used")


@case
def a_doubt_is_shown_until_it_is_settled(server):
    station = server.station("ATT-DOUBT", boot=True)
    station.call("MeterValues", meter16(4711, sample16(1)))
    doubt, = eventually(lambda: server.items("review?station=ATT-DOUBT"), "a doubt")
    expect([i for i in server.items("attention") if i["kind"] == "review"], server.items("attention"))
    server.post(f"review/{doubt['id']}/settle", {})
    equal(server.items("review?station=ATT-DOUBT"), [], "open doubts")
    equal([d["id"] for d in server.items("review?station=ATT-DOUBT&settled=true")], [doubt["id"]], "settled doubts")
    station.call("MeterValues", meter16(4711, sample16(2)))
    equal(len(eventually(lambda: server.items("review?station=ATT-DOUBT"), "another doubt")), 1, "doubts after it came again")


@case
def what_burns_is_not_hidden_by_what_waits():
    """Twenty thousand stations that never connected, and then one with a fault and a doubt. Their pages are whole, too."""
    with Server() as server:
        for part in range(4):
            lines = "id\n" + "".join(f"WAITS-{part}-{n}\n" for n in range(5000))
            equal(server.rest("POST", "stations/import", raw=lines.encode(), headers={"Content-Type": "text/csv"}).json["created"], 5000, "created")
        station = server.station("BURNS", boot=True)
        station.call("StatusNotification", status16(1, "Faulted", "GroundFailure"))
        station.call("StopTransaction", stop16(4711, 5))
        found = server.items("attention")
        equal(found[0]["kind"], "faulted", "the first")
        expect("review" in {a["kind"] for a in found}, "kinds", {a["kind"] for a in found})
        expect(len(found) <= 1000, "items", len(found))
        equal(len(server.items("stations?limit=1000")), 1000, "a page of stations")
        equal(len(server.items("sessions?limit=1000")), 1, "sessions")


if __name__ == "__main__":
    run()
