"""What the tests of bad input share: a neighbour that no case may disturb, and stations for the cases. The cases have the names of
docs/rules.md, B01-B39; each has its expected answer, the process and the neighbour survive, and nothing wrong is stored as right."""
from harness import *
from ocpp import *


def world(server):
    """A neighbour whose connection must not be disturbed by any case, and a token."""
    if not hasattr(server, "neighbour") or server.neighbour.ended:
        if server.rest("GET", "stations/NEIGHBOUR").status == 404:
            server.add_station("NEIGHBOUR")
            server.add_token("GOOD")
        server.neighbour = Station(server.ocpp, "NEIGHBOUR", protocols=[V201])
        server.neighbour.boot()
    return server.neighbour


def undisturbed(server):
    expect("currentTime" in server.neighbour.call("Heartbeat"), "the neighbour's heartbeat")
    equal(server.rest("GET", "/healthz", key=False).status, 200, "healthz")


def ensure(server, identity, **more):
    if server.rest("GET", f"stations/{identity}").status == 404:
        server.add_station(identity, **more)


def handshake(server, identity, **options):
    """The HTTP status of a handshake, 101 when it succeeded."""
    try:
        station = Station(server.ocpp, identity, **options)
        station.drop()
        return 101
    except Refused as refused:
        return refused.status


def connect(server, identity, version):
    world(server)
    ensure(server, identity)
    station = server.station(identity, version, add=False)
    station.boot()
    return station
