#!/usr/bin/env python3
"""The demo and the simulated stations, as a new user meets them."""
import collections
import re

from harness import *
from ocpp import *

DOORS = ["--set", "http.listen=127.0.0.1:0", "--set", "ocpp.listen=127.0.0.1:0"]


class Demo:
    """`voltd demo`; what it prints is in `lines`."""

    def __init__(self):
        self.data = temp_dir()
        self.process = subprocess.Popen([VOLTD, "demo", "--data", self.data, *DOORS], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, env=CLEAN_ENV)
        self.lines, self.errors = [], []
        for stream, lines in ((self.process.stdout, self.lines), (self.process.stderr, self.errors)):
            threading.Thread(target=self._read, args=(stream, lines), daemon=True).start()

    @staticmethod
    def _read(stream, lines):
        for raw in stream:
            lines.append(raw.decode("utf-8", "replace"))

    def link(self):
        found = re.search(r"(http://[^\s/]+)\S*#k=(\S+)", "".join(self.lines) + "".join(self.errors))
        return found and (found[1], found[2])

    def get(self, path):
        connection = http.client.HTTPConnection(self.host, timeout=10)
        connection.request("GET", "/api/v1/" + path, headers={"Cookie": self.cookie})
        answer = connection.getresponse()
        text = answer.read()
        expect(answer.status == 200, f"GET {path}: {answer.status} {text[:200]}")
        return json.loads(text)

    def login(self):
        base, secret = eventually(self.link, "an address with a one-time link", 10)
        self.host = base.removeprefix("http://")
        connection = http.client.HTTPConnection(self.host, timeout=10)
        connection.request("POST", "/api/v1/login", body=json.dumps({"link": secret}), headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        equal(answer.status, 200, f"login by the printed link ({text[:200]})")
        self.cookie = answer.getheader("Set-Cookie").split(";")[0]

    def end(self, signal_number=signal.SIGINT):
        self.process.send_signal(signal_number)
        code = self.process.wait(10 * SLOW)
        shutil.rmtree(self.data, ignore_errors=True)
        return code


@case
def within_ten_seconds_twelve_stations_charge_cars():
    began = time.monotonic()
    demo = Demo()
    try:
        demo.login()
        stations = eventually(lambda: (lambda s: s if len([x for x in s if x["connected"]]) == 12 else None)(demo.get("stations")["items"]),
                              "twelve connected stations", 10)
        eventually(lambda: demo.get("server")["power_w"] > 0, "power", 10)
        took = time.monotonic() - began
        expect(took < 10 * SLOW, "took", took)
        equal(len(demo.get("sites")["items"]), 3, "sites")
        equal(collections.Counter(s["protocol"] for s in stations), {V16: 4, V201: 4, V21: 4}, "protocols")
        equal({len([s for s in stations if s["site"] == site["id"]]) > 0 for site in demo.get("sites")["items"]}, {True}, "each site has stations")
        first = demo.get("server")["power_w"]
        eventually(lambda: demo.get("server")["power_w"] != first, "power that moves", 15)
        expect(demo.get("sessions")["items"], "sessions")
        equal(demo.end(), 0, "exit code after Ctrl-C")
    finally:
        demo.process.kill()


@case
def a_demo_can_be_started_again_on_its_data():
    data = temp_dir()
    for _ in range(2):
        done = subprocess.Popen([VOLTD, "demo", "--data", data, *DOORS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=CLEAN_ENV)
        time.sleep(4 * SLOW)
        expect(done.poll() is None, "the demo ended by itself with", done.returncode)
        done.send_signal(signal.SIGINT)
        equal(done.wait(10 * SLOW), 0, "exit code")
        done.stdout.close()
    shutil.rmtree(data, ignore_errors=True)


@table([(p, p) for p in ("1.6", "2.0.1", "2.1", "mix")])
def simulated_stations_charge_at_a_real_server(server, protocol):
    prefix = "SIM" + protocol.replace(".", "")
    process = subprocess.Popen([VOLTD, "sim", "--url", f"ws://{server.ocpp[0]}:{server.ocpp[1]}/ocpp", "--stations", "6", "--protocol", protocol, "--speed", "300",
                                "--seed", "7", "--prefix", prefix, "--register", f"http://{server.http[0]}:{server.http[1]}", "--key", server.key],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=CLEAN_ENV)
    try:
        eventually(lambda: len([s for s in server.items(f"stations?q={prefix}&connected=true&limit=1000")]) == 6, "six connected stations", 15)
        mine = {s["id"] for s in server.items(f"stations?q={prefix}&limit=1000")}
        ended = eventually(lambda: [s for s in server.items("sessions?state=ended&limit=1000") if s["station"] in mine and s["energy_wh"] > 0], "an ended session with energy", 90)
        expect(all(not s["flags"] for s in ended), "flags of a good station's session", [s["flags"] for s in ended])
        process.send_signal(signal.SIGINT)
        equal(process.wait(10 * SLOW), 0, "exit code after Ctrl-C")
    finally:
        process.kill()
        process.stdout.close()


@case
def a_simulation_without_a_server_says_so():
    done = voltd("sim", "--url", "ws://127.0.0.1:1/ocpp", "--stations", "1", "--register", "http://127.0.0.1:1", "--key", "x", timeout=30)
    equal(done.returncode, 1, "exit code")
    expect("127.0.0.1:1" in done.stderr, done.stderr[:300])


@case
def a_demo_that_is_stopped_at_once_ends_well():
    """Ctrl-C before its stations have begun."""
    for _ in range(3):
        process = subprocess.Popen([VOLTD, "demo", "--set", "http.listen=127.0.0.1:0", "--set", "ocpp.listen=127.0.0.1:0"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=CLEAN_ENV)
        while not process.stdout.readline().startswith("ready"):
            expect(process.poll() is None, "it ended by itself")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10 * SLOW)
        equal((process.returncode, "bug" in said), (0, False), f"exit code, and a bug in {said[-200:]}")


if __name__ == "__main__":
    run()
