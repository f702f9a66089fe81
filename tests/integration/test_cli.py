#!/usr/bin/env python3
"""The command line as docs/operate.md promises it: commands, exit codes, and one line that says what is wrong."""
import re
import sqlite3

from harness import *

PORT_0 = ["--set", "http.listen=127.0.0.1:0", "--set", "ocpp.listen=127.0.0.1:0"]
COMMANDS = ["serve", "demo", "sim", "bench", "user", "key", "station", "backup", "restore", "verify", "migrate", "doctor", "config", "help"]


def fresh():
    return os.path.join(temp_dir(), "data")


def one_line(done, code, *words):
    """It failed with this code and one line on stderr that holds these words (regular expressions)."""
    # What the coverage build says where it may not count is not the server's.
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("profiling:")]
    equal(done.returncode, code, f"exit code of {' '.join(done.args[1:])} ({done.stderr.strip()[:300]})")
    equal(len(lines), 1, f"lines on stderr: {done.stderr.strip()[:500]}")
    for word in words:
        expect(re.search(word, lines[0], re.I), f"{word!r} is not in: {lines[0]}")


@case
def version_is_told():
    done = voltd("--version")
    equal(done.returncode, 0, "exit code")
    expect(re.search(r"\d+\.\d+\.\d+", done.stdout), done.stdout)


@case
def help_names_every_command():
    done = voltd("help")
    equal(done.returncode, 0, "exit code")
    missing = [c for c in COMMANDS if not re.search(rf"\b{c}\b", done.stdout)]
    equal(missing, [], "commands that help does not name")


@table([(c, c) for c in COMMANDS])
def help_of_a_command_is_there(command):
    for args in (("help", command), (command, "--help")):
        done = voltd(*args)
        equal(done.returncode, 0, f"exit code of {' '.join(args)} ({done.stderr.strip()[:200]})")
        expect(command in done.stdout, f"{' '.join(args)}: {done.stdout[:200]!r}")


@table([("http.listen", "http.listen", r"127\.0\.0\.1:8080"), ("ocpp.listen", "ocpp.listen", r"0\.0\.0\.0:9000"),
        ("ocpp.frame_bytes_max", "ocpp.frame_bytes_max", r"1048576|1 ?MiB"), ("ocpp.commit_deadline_s", "ocpp.commit_deadline_s", r"\b10\b"),
        ("ocpp.plain_from", "ocpp.plain_from", "private"), ("onboarding.open", "onboarding.open", "off|false|no")])
def help_shows_each_key_with_its_default(key, default):
    text = voltd("help", "serve").stdout + voltd("help", "config").stdout
    line = [part for part in re.split(r"\n(?=\s{0,6}\S)", text) if key in part]
    expect(line, f"{key} is not in help serve")
    expect(re.search(default, line[0]), f"default {default} is not with {key}: {line[0][:200]}")


@table([
    ("no command", [], 2, []),
    ("an unknown command", ["frobnicate"], 2, ["frobnicate"]),
    ("an unknown option", ["serve", "--frobnicate"], 2, ["--frobnicate"]),
    ("an option without its value", ["serve", "--data"], 2, ["--data"]),
    ("an unknown key, and the nearest known one", ["serve", "--set", "http.listn=127.0.0.1:0"], 2, ["http.listn", r"http\.listen"]),
    ("an unknown section", ["serve", "--set", "htp.listen=127.0.0.1:0"], 2, ["htp.listen", r"http\.listen"]),
    ("a key without a value", ["serve", "--set", "http.listen"], 2, ["http.listen"]),
    ("a number that is none", ["serve", "--set", "ocpp.frame_bytes_max=many"], 2, ["ocpp.frame_bytes_max", "many", r"\d"]),
    ("a number below its range", ["serve", "--set", "ocpp.frame_bytes_max=-5"], 2, ["ocpp.frame_bytes_max", "-5", r"\d+.*\d+"]),
    ("a number above its range", ["serve", "--set", "ocpp.commit_deadline_s=99999999999"], 2, ["ocpp.commit_deadline_s", "99999999999", r"\d"]),
    ("an address that is none", ["serve", "--set", "http.listen=nonsense"], 2, ["http.listen", "nonsense"]),
    ("a port that is none", ["serve", "--set", "ocpp.listen=127.0.0.1:99999"], 2, ["ocpp.listen", "99999"]),
    ("a word that is not one of the words", ["serve", "--set", "ocpp.plain_from=mars"], 2, ["ocpp.plain_from", "mars", "private"]),
    ("a yes or no that is neither", ["serve", "--set", "onboarding.open=maybe"], 2, ["onboarding.open", "maybe"]),
    ("a configuration file that is not there", ["serve", "--config", "/nonexistent/voltd.conf"], (1, 2), ["/nonexistent/voltd.conf"]),
    ("an unknown role", ["key", "create", "--role", "emperor"], 2, ["emperor", "admin"]),
    ("a key without a role", ["key", "create"], 2, ["--role"]),
    ("an unknown sub-command", ["key", "frobnicate"], 2, ["frobnicate"]),
    ("a station without a name", ["station", "add"], 2, []),
    ("an unknown benchmark", ["bench", "frobnicate"], 2, ["frobnicate"]),
    ("an unknown protocol", ["sim", "--url", "ws://127.0.0.1:1/ocpp", "--stations", "1", "--protocol", "3.0"], 2, ["3.0", "2.0.1"]),
    ("sim without an address", ["sim", "--stations", "1"], 2, ["--url"]),
])
def wrong_usage_is_one_line(args, code, words):
    if args and args[0] in ("serve", "key", "station") and "--data" not in args:
        args = args + ["--data", fresh()]
    done = voltd(*args)
    if args:
        one_line(done, done.returncode if isinstance(code, tuple) and done.returncode in code else code, *words)
    else:
        equal(done.returncode, 2, "exit code")


@case
def a_wrong_key_in_the_configuration_file_names_file_and_key():
    folder = temp_dir()
    path = os.path.join(folder, "voltd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[http]\nlisten = 127.0.0.1:0\n\n[ocpp]\nlissten = 127.0.0.1:0\n")
    one_line(voltd("serve", "--config", path, "--data", fresh()), 2, "lissten", "listen")


@case
def a_wrong_value_in_the_environment_names_the_key():
    one_line(voltd("serve", "--data", fresh(), *PORT_0, env={"VOLTD_OCPP_FRAME_BYTES_MAX": "many"}), 2, "frame_bytes_max", "many")


@case
def flag_beats_environment_beats_file_beats_default():
    path = os.path.join(temp_dir(), "voltd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("[ocpp]\ncommit_deadline_s = 3\nframe_bytes_max = 70000\nlisten = 127.0.0.1:1003\n")
    done = voltd("config", "--config", path, "--data", fresh(), "--set", "ocpp.commit_deadline_s=5",
                 env={"VOLTD_OCPP_COMMIT_DEADLINE_S": "4", "VOLTD_OCPP_FRAME_BYTES_MAX": "80000"})
    equal(done.returncode, 0, f"exit code ({done.stderr.strip()[:300]})")
    lines = {line.split()[0].rstrip("="): line for line in done.stdout.splitlines() if line.strip()}
    for key, value, source in [("ocpp.commit_deadline_s", "5", r"flag|--set|command line"), ("ocpp.frame_bytes_max", "80000", "env"),
                               ("ocpp.listen", "127.0.0.1:1003", "file|voltd.conf"), ("http.listen", "127.0.0.1:8080", "default")]:
        line = next((text for name, text in lines.items() if name.startswith(key)), "")
        expect(value in line and re.search(source, line, re.I), f"{key}: {line!r} should hold {value} and {source}")


@case
def config_as_json():
    done = voltd("config", "--json", "--data", fresh())
    equal(done.returncode, 0, "exit code")
    json.loads(done.stdout)


@case
def a_port_in_use_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for key, other in (("http.listen", "ocpp.listen"), ("ocpp.listen", "http.listen")):
            done = voltd("serve", "--data", fresh(), "--set", f"{key}=127.0.0.1:{port}", "--set", f"{other}=127.0.0.1:0")
            one_line(done, 1, str(port))


@case
def a_data_directory_that_cannot_be_made_is_one_line():
    one_line(voltd("serve", "--data", "/proc/voltd-data", *PORT_0), 1, "/proc/voltd-data")


@case
def a_data_directory_that_is_a_file_is_one_line():
    path = os.path.join(temp_dir(), "file")
    with open(path, "w", encoding="utf-8"):
        pass
    one_line(voltd("serve", "--data", path, *PORT_0), 1, re.escape(path))


@case
def a_data_directory_that_is_not_writable_is_one_line():
    folder = temp_dir()
    os.chmod(folder, 0o500)
    wrap = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    os.chmod(os.path.dirname(folder), 0o1777)
    if wrap:
        os.chown(folder, 65534, 65534)
    copy = os.path.join("/tmp", f"voltd-{os.getpid()}")  # the build may lie where nobody may look
    shutil.copy(VOLTD, copy)
    os.chmod(copy, 0o755)
    try:
        done = subprocess.run([*wrap, copy, "serve", "--data", folder, *PORT_0], capture_output=True, text=True,
                              timeout=20 * SLOW, env=CLEAN_ENV, stdin=subprocess.DEVNULL)
    finally:
        os.remove(copy)
    one_line(done, 1, re.escape(folder))


@case
def a_second_server_names_the_pid_of_the_first(server):
    done = voltd("serve", "--data", server.data, *PORT_0)
    one_line(done, 1, rf"\b{server.process.pid}\b")


@case
def a_database_of_a_newer_version_is_left_alone():
    with Server(keep=True) as server:
        data = server.data
    path = next(os.path.join(data, name) for name in sorted(os.listdir(data)) if name.endswith((".db", ".sqlite", ".sqlite3")))
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 9999")
        database.commit()
    one_line(voltd("serve", "--data", data, *PORT_0), 1, "newer")


@case
def a_database_that_is_none_is_left_alone():
    with Server(keep=True) as server:
        data = server.data
    path = next(os.path.join(data, name) for name in sorted(os.listdir(data)) if name.endswith((".db", ".sqlite", ".sqlite3")))
    for name in os.listdir(data):
        if name.startswith(os.path.basename(path)) and name != os.path.basename(path):
            os.remove(os.path.join(data, name))
    with open(path, "wb") as file:
        file.write(b"this was never a database\n" * 500)
    one_line(voltd("serve", "--data", data, *PORT_0), 1, re.escape(os.path.basename(path)))
    with open(path, "rb") as file:
        expect(file.read().startswith(b"this was never"), "the file was changed")


@case
def sigterm_ends_it_with_exit_code_0():
    server = Server()
    station = server.station("TERM-1", boot=True)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    equal(server.process.wait(10 * SLOW), 0, "exit code")
    expect(time.monotonic() - began < 10 * SLOW, "took", time.monotonic() - began)
    expect(station.wait_closed(5) in (1001, 1012, 1000), "close code", station.close_code)
    server.close()


@case
def nothing_but_the_ready_line_is_on_stdout():
    server = Server()
    server.station("OUT-1", boot=True)
    server.stop()
    equal(server.process.stdout.read(), b"", "stdout after the ready line")
    server.close()


@case
def a_server_without_a_person_prints_a_one_time_link(server):
    links = re.findall(r"https?://\S+", server.log())
    expect(links, "no link on stderr:", server.log()[:400])


@case
def a_key_made_offline_opens_the_server():
    data = fresh()
    made = voltd("key", "create", "--role", "viewer", "--name", "ci", "--data", data)
    equal(made.returncode, 0, f"exit code ({made.stderr.strip()})")
    equal(len(made.stdout.split()), 1, f"words on stdout: {made.stdout!r}")
    server = Server(data=data, start=False)
    server.key = made.stdout.strip()
    with server.start():
        server.get("stations")
        equal(server.rest("POST", "stations", {"id": "X"}).status, 403, "a viewer adds a station")


@case
def a_key_made_beside_a_running_server_is_in_force_at_once(server):
    made = voltd("key", "create", "--role", "operator", "--data", server.data)
    equal(server.rest("GET", "stations", key=made.stdout.strip().splitlines()[-1]).status, 200, "status")


@case
def a_station_added_by_command_gets_a_password_of_20(server):
    made = voltd("station", "add", "CLI-1", "--data", server.data)
    equal(made.returncode, 0, f"exit code ({made.stderr.strip()})")
    password = made.stdout.strip().splitlines()[-1]
    expect(re.fullmatch(r"[A-Za-z0-9]{20}", password), f"password {password!r}")
    Station(server.ocpp, "CLI-1", password=password).boot()
    one_line(voltd("station", "add", "CLI-1", "--data", server.data), 1, "CLI-1", "exists|already")


@case
def a_short_station_password_is_refused_by_name(server):
    done = voltd("station", "add", "CLI-2", "--password", "short", "--data", server.data)
    expect(done.returncode in (1, 2), "exit code", done.returncode)
    expect(re.search(r"password", done.stderr) and re.search(r"16", done.stderr), done.stderr)


@case
def json_answers_are_json(server):
    for args in (["key", "create", "--role", "viewer"], ["station", "add", "CLI-3"], ["doctor"]):
        done = voltd(*args, "--json", "--data", server.data)
        equal(done.returncode, 0, f"exit code of {args} ({done.stderr.strip()[:200]})")
        json.loads(done.stdout)


@case
def a_person_gets_a_link_or_a_password(server):
    made = voltd("user", "add", "anna", "--role", "admin", "--data", server.data)
    equal(made.returncode, 0, f"exit code ({made.stderr.strip()})")
    expect(re.match(r"https?://", made.stdout.strip().splitlines()[-1]), made.stdout)
    made = voltd("user", "add", "ben", "--role", "viewer", "--password-stdin", "--data", server.data, stdin="correct horse battery\n")
    equal(made.returncode, 0, f"exit code ({made.stderr.strip()})")
    equal(server.rest("POST", "login", {"name": "ben", "password": "correct horse battery"}, key=False).status, 200, "login")
    equal(server.rest("POST", "login", {"name": "ben", "password": "wrong"}, key=False).status, 401, "login with a wrong password")
    one_line(voltd("user", "add", "ben", "--role", "viewer", "--data", server.data), 1, "ben", "exists|already")


@case
def doctor_finds_a_healthy_directory_healthy(server):
    done = voltd("doctor", "--data", server.data)
    equal(done.returncode, 0, f"exit code ({done.stdout.strip()[-300:]} {done.stderr.strip()[-300:]})")


@case
def backup_verify_and_restore_carry_everything_over(server):
    server.add_station("BACK-1")
    server.add_token("BACK")
    folder = temp_dir()
    path, data = os.path.join(folder, "voltd.backup"), os.path.join(folder, "restored")
    for args in (["backup", path, "--data", server.data], ["verify", path], ["restore", path, "--data", data]):
        done = voltd(*args)
        equal(done.returncode, 0, f"exit code of {args[0]} ({done.stderr.strip()[:300]})")
    again = Server(data=data, start=False)
    again.key = server.key
    with again.start():
        equal(again.get("stations/BACK-1")["id"], "BACK-1", "station")
        equal(again.get("tokens")["items"][0]["id"], "BACK", "token")
    full = voltd("restore", path, "--data", data)
    one_line(full, 1, "empty")


@table([("a newer voltd's", "PRAGMA user_version=999999", "newer"), ("another program's", "PRAGMA application_id=7", "another program")])
def a_database_that_is_not_ours_to_judge_is_said_in_one_line(change, word):
    server = Server(keep=True)
    server.close()
    path = os.path.join(server.data, "voltd.db")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(change)
    done = voltd("verify", "--data", server.data)
    equal((done.returncode, done.stdout, len(done.stderr.strip().splitlines())), (1, "", 1), f"one line: {done.stdout}{done.stderr}")
    expect(word in done.stderr and path in done.stderr and "damaged" not in done.stderr and "fault" not in done.stderr, done.stderr)
    told = voltd("verify", "--json", "--data", server.data)
    equal((told.returncode, json.loads(told.stdout)["sound"]), (1, False), told.stdout)
    shutil.rmtree(server.data, ignore_errors=True)


@case
def a_damaged_backup_does_not_verify(server):
    server.add_station("DMG-1")
    path = os.path.join(temp_dir(), "voltd.backup")
    equal(voltd("backup", path, "--data", server.data).returncode, 0, "backup")
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 4096)
    one_line(voltd("verify", path), 1)


if __name__ == "__main__":
    run()
