#!/usr/bin/env python3
"""storm.py [--voltd PATH] [--stations N] [--tls]: all stations come back at once.

They are connected and have been answered; the server is killed; they try again each half second, all together, until the next
one takes them. Measured: from its ready line until each is connected and has the answer to a Heartbeat. How long that may take is
said by the caller: a storm that does not settle is a failed case.
"""
import argparse
import asyncio

import harness
from harness import *

RETRY_S = 0.5
HEARTBEAT = '[2,"%d","Heartbeat",{}]'


def masked(text):
    """A text frame of a client: at most 125 bytes, the mask zero."""
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode()


class Client:
    """One station: connects, says Heartbeat, stays. `answered` is when that came on this connection; None: it did not yet."""

    def __init__(self, crowd, number):
        self.crowd, self.number, self.answered, self.tries = crowd, number, None, 0
        identity = f"STORM-{number}"
        key = base64.b64encode(number.to_bytes(16, "big")).decode()
        self.head = (f"GET /ocpp/{identity} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: {basic(identity, PASSWORD)}\r\n\r\n").encode()

    async def live(self):
        while True:
            self.tries += 1
            writer = None
            try:
                reader, writer = await asyncio.open_connection(*self.crowd.address, ssl=self.crowd.tls, ssl_handshake_timeout=60 if self.crowd.tls else None)
                await self.once(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
                self.crowd.failed = error
            finally:
                self.answered = None
                if writer:
                    writer.transport.abort()
            await asyncio.sleep(RETRY_S)

    async def once(self, reader, writer):
        writer.write(self.head)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer.split(b"\r\n")[0]:
            self.crowd.refused += 1
            return
        writer.write(masked(HEARTBEAT % self.number))
        head = await reader.readexactly(2)
        await reader.readexactly(head[1])
        self.answered = time.monotonic()
        while await reader.read(4096):  # pings need no answer here: the test is shorter than their patience
            pass


class Crowd:
    """Clients on a thread of their own."""

    def __init__(self, address, count, tls=None):
        self.address, self.tls, self.refused, self.failed = address, tls, 0, None
        self.clients = [Client(self, n) for n in range(count)]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def start(self):
        self.thread.start()
        async def begin():
            return [asyncio.create_task(client.live()) for client in self.clients]
        self.tasks = asyncio.run_coroutine_threadsafe(begin(), self.loop).result(30)  # kept: the loop holds them weakly

    def answered(self):
        return sum(c.answered is not None for c in self.clients)

    def settle(self, count, seconds):
        """Until so many are answered: the seconds that it took."""
        began = time.monotonic()
        try:
            eventually(lambda: self.answered() >= count, f"{count} stations connected and answered", seconds)
        except Wrong as late:
            raise Wrong(f"{late}: {self.answered()} are, {self.refused} times refused, last {self.failed!r}") from None
        return time.monotonic() - began

    def stop(self):
        async def end():
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)


def register(server, count):
    """Through one connection; a POST for each would be the slowest part."""
    connection = http.client.HTTPConnection(*server.http, timeout=30)
    for n in range(count):
        connection.request("POST", "/api/v1/stations", json.dumps({"id": f"STORM-{n}", "password": PASSWORD}),
                           {"Content-Type": "application/json", "Authorization": "Bearer " + server.key})
        answer = connection.getresponse()
        answer.read()
        equal(answer.status, 201, "POST /stations")
    connection.close()


def connected(server):
    return server.get("server")["counts"]["stations_connected"]


def server_for(tls, *sets):
    """Its doors stay where they are over a restart."""
    folder = temp_dir()
    sets = list(sets)
    if tls:
        made = voltd("cert", "self-signed", "--out", folder)
        equal(made.returncode, 0, "cert self-signed")
        sets += ["ocpp.tls_listen=127.0.0.1:0", *(line.replace("https.", "ocpp.") for line in made.stdout.split())]
    server = Server(sets=sets)
    server.sets = [s for s in server.sets if not s.startswith("ocpp.tls_listen")]
    server.sets += [f"{key}=127.0.0.1:{server.door(door)[1]}" for key, door in
                    (("http.listen", "http"), ("ocpp.listen", "ocpp"), ("ocpp.tls_listen", "ocpp_tls")) if door in server.ready]
    return server


def storm(count, tls, first_s, again_s, *sets):
    """Connects `count` stations, kills the server, starts it again: (seconds at first, seconds after the kill, the server's log)."""
    server = server_for(tls, *sets)
    crowd = None
    try:
        register(server, count)
        crowd = Crowd(server.door("ocpp_tls") if tls else server.ocpp, count, tls_context() if tls else None)
        crowd.start()
        first = crowd.settle(count, first_s)
        equal(connected(server), count, "stations that the server calls connected")
        server.kill()
        server.process.stdout.close()
        eventually(lambda: crowd.answered() == 0, "all have noticed", 10)
        server.start()
        again = crowd.settle(count, again_s)
        equal(connected(server), count, "stations that the server calls connected after the storm")
        equal(server.items("review"), [], "doubts: none was taken for a second connection")
        log = server.log()
        crowd.stop()
        crowd = None
        equal(server.close(), 0, "exit code")
        return first, again, log
    finally:
        if crowd:
            crowd.stop()
        server.kill()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--voltd", default=harness.VOLTD)
    options.add_argument("--stations", type=int, default=3000)
    options.add_argument("--within", type=float, default=30, help="seconds")
    chosen = options.parse_args()
    harness.VOLTD = os.path.abspath(chosen.voltd)
    good = bad = 0
    for tls in (False, True):
        name = f"{chosen.stations} stations come back at once over {'wss' if tls else 'ws'}"
        try:
            first, again, _ = storm(chosen.stations, tls, 2 * chosen.within, chosen.within)
            good += 1
            print(f"ok storm: {name}: first {first:.1f} s, after a kill {again:.1f} s (at most {chosen.within:g})", flush=True)
        except Wrong as error:
            bad += 1
            print(f"not ok storm: {name}\n    {error}", flush=True)
    print(f"{good} passed, {bad} failed")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
