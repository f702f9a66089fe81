#!/usr/bin/env python3
"""Site meters over real sockets: a Modbus server (pymodbus) and an MQTT broker (mosquitto), both by others.

    test_meters.py PROBE        TAP on stdout
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROBE = sys.argv[1]
# Debian's python, which has Debian's pymodbus.
SYSTEM_PYTHON = "/usr/bin/python3"
LIMIT_S = 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port):
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens at {port}")


class Process:
    """A program whose lines can be waited for; ended with the case."""

    def __init__(self, *command, **more):
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more)
        os.set_blocking(self.child.stdout.fileno(), False)
        self.seen, self.at = "", 0

    def look(self):
        """All that it has said so far."""
        try:
            while part := os.read(self.child.stdout.fileno(), 65536):
                self.seen += part.decode()
        except BlockingIOError:
            pass
        return self.seen

    def expect(self, pattern):
        """The next line that matches; what it says, when it does not come."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            self.look()
            found = re.compile(pattern).search(self.seen, self.at)
            if found:
                self.at = found.end()
                return found
            time.sleep(0.02)
        raise AssertionError(f"no line like {pattern!r}; it said: {self.seen[-800:]!r}")

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            code = self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise AssertionError("it did not end within 10 s of SIGTERM")
        return code

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()


class World:
    def __init__(self):
        self.processes, self.folder = [], tempfile.mkdtemp(prefix="voltd-meters-")

    def run(self, *command, **more):
        process = Process(*command, **more)
        self.processes.append(process)
        return process

    def device(self, kind, port):
        server = self.run(SYSTEM_PYTHON, os.path.join(HERE, "device.py"), kind, str(port))
        wait_for_port(port)
        return server

    def broker(self, port, password=None):
        config = os.path.join(self.folder, "mosquitto.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"listener {port} 127.0.0.1\n")
            file.write(f"password_file {password}\nallow_anonymous false\n" if password else "allow_anonymous true\n")
        server = self.run(shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", config)
        wait_for_port(port)
        return server

    def close(self):
        for process in self.processes:
            process.kill()
        shutil.rmtree(self.folder)


def publish(port, topic, payload, *more):
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-t", topic, "-m", payload, *more], check=True)


def unknown_map_is_refused_by_name(world):
    probe = world.run(PROBE, "modbus", "127.0.0.1", "1", "1", "no-such-map", "100")
    probe.expect(r'refused: there is no register map "no-such-map"')
    assert probe.child.wait(5) == 1


def nobody_at_the_address_is_said_once(world):
    probe = world.run(PROBE, "modbus", "127.0.0.1", str(free_port()), "1", "sunspec-meter", "100")
    probe.expect(r"fails: 127\.0\.0\.1 port \d+ cannot be reached")
    time.sleep(2.5)
    assert probe.look().count("fails:") == 1, probe.seen
    assert probe.stop() == 0


def sunspec_meter_is_found_and_read(world):
    port = free_port()
    world.device("sunspec", port)
    probe = world.run(PROBE, "modbus", "127.0.0.1", str(port), "1", "sunspec-meter", "100")
    probe.expect(r"power=-2500 power_l1=-1000 .*current_l1=124 current_l2=50 current_l3=0")
    assert probe.stop() == 0


def eastron_meter_is_read_the_other_way_round(world):
    port = free_port()
    world.device("eastron", port)
    probe = world.run(PROBE, "modbus", "127.0.0.1", str(port), "1", "eastron-sdm630", "100", "negate")
    probe.expect(r"power=-4600 .*current_l1=-200")
    assert probe.stop() == 0


def wrong_map_says_that_the_registers_are_not_there(world):
    port = free_port()
    world.device("sunspec", port)
    probe = world.run(PROBE, "modbus", "127.0.0.1", str(port), "1", "sunspec-inverter", "100")
    probe.expect(r"fails: 127\.0\.0\.1 answers, but has none of the registers of sunspec-inverter")
    assert probe.stop() == 0


def device_that_goes_and_comes_back(world):
    port = free_port()
    server = world.device("eastron", port)
    probe = world.run(PROBE, "modbus", "127.0.0.1", str(port), "1", "eastron-sdm630", "100")
    probe.expect(r"power=4600")
    server.kill()
    probe.expect(r"fails: 127\.0\.0\.1 does not answer")
    world.device("eastron", port)
    probe.expect(r"power=4600")
    assert probe.stop() == 0


def device_that_hangs_does_not_hold_up_the_end(world):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        probe = world.run(PROBE, "modbus", "127.0.0.1", str(silent.getsockname()[1]), "1", "sunspec-meter", "100")
        probe.expect(r"fails: 127\.0\.0\.1 does not answer")
        assert probe.stop() == 0


def mqtt_topic_with_a_path(world):
    port = free_port()
    world.broker(port)
    probe = world.run(PROBE, "mqtt", "127.0.0.1", str(port), "site/+/meter", "power", "kW", "grid.phases[1].p")
    end = time.monotonic() + LIMIT_S
    while "power=" not in probe.seen and time.monotonic() < end:
        publish(port, "site/a/meter", '{"grid":{"phases":[{"p":1},{"p":"2.5"}]}}')
        time.sleep(0.1)
        probe.look()
    assert "power=2500 " in probe.seen, probe.seen
    publish(port, "site/a/meter", '{"grid":{}}')
    probe.expect(r'fails: site/\+/meter: the message has no number at "grid\.phases\[1\]\.p"')
    assert probe.stop() == 0


def mqtt_retained_message_is_no_measurement(world):
    port = free_port()
    world.broker(port)
    publish(port, "m", "99", "-r")
    probe = world.run(PROBE, "mqtt", "127.0.0.1", str(port), "m", "current_l1", "A", "")
    end = time.monotonic() + LIMIT_S
    while "current_l1=" not in probe.seen and time.monotonic() < end:
        publish(port, "m", "5")
        time.sleep(0.1)
        probe.look()
    assert probe.seen.startswith("current_l1=50"), probe.seen
    assert probe.stop() == 0


def mqtt_broker_that_wants_a_password(world):
    port, secret, wrong = free_port(), os.path.join(world.folder, "secret"), os.path.join(world.folder, "wrong")
    passwords = os.path.join(world.folder, "passwords")
    for path, text in ((secret, "tea and toast\n"), (wrong, "coffee\n")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "meter", "tea and toast"], check=True, capture_output=True)
    os.chmod(world.folder, 0o755)
    os.chmod(passwords, 0o644)
    world.broker(port, passwords)
    refused = world.run(PROBE, "mqtt", "127.0.0.1", str(port), "m", "power", "W", "", "meter", wrong)
    refused.expect(r"fails: the broker 127\.0\.0\.1 refuses: .*not authori[sz]ed")
    let_in = world.run(PROBE, "mqtt", "127.0.0.1", str(port), "m", "power", "W", "", "meter", secret)
    end = time.monotonic() + LIMIT_S
    while "power=" not in let_in.seen and time.monotonic() < end:
        publish(port, "m", "5", "-u", "meter", "-P", "tea and toast")
        time.sleep(0.1)
        let_in.look()
    assert "power=5 " in let_in.seen, let_in.seen


def mqtt_broker_that_goes_and_comes_back(world):
    port = free_port()
    probe = world.run(PROBE, "mqtt", "127.0.0.1", str(port), "m", "power", "W", "")
    probe.expect(r"fails: the broker 127\.0\.0\.1 port \d+ cannot be reached")
    world.broker(port)
    end = time.monotonic() + LIMIT_S
    while "power=" not in probe.seen and time.monotonic() < end:
        publish(port, "m", "7")
        time.sleep(0.1)
        probe.look()
    assert "power=7 " in probe.seen, probe.seen
    assert probe.stop() == 0


CASES = [unknown_map_is_refused_by_name, nobody_at_the_address_is_said_once, sunspec_meter_is_found_and_read,
         eastron_meter_is_read_the_other_way_round, wrong_map_says_that_the_registers_are_not_there,
         device_that_goes_and_comes_back, device_that_hangs_does_not_hold_up_the_end, mqtt_topic_with_a_path,
         mqtt_retained_message_is_no_measurement, mqtt_broker_that_wants_a_password, mqtt_broker_that_goes_and_comes_back]


def main():
    failed = 0
    print(f"1..{len(CASES)}")
    for number, case in enumerate(CASES, 1):
        world, name = World(), case.__name__.replace("_", " ")
        try:
            case(world)
            print(f"ok {number} - {name}", flush=True)
        except Exception as error:  # a broken case must not hide the others
            failed += 1
            print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}", flush=True)
        finally:
            world.close()
    sys.exit(failed > 0)


main()
