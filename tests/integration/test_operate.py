#!/usr/bin/env python3
"""What the one who runs the server does from a shell: certificates, doctor, keys in a backup, links."""
import re

from harness import *
from ocpp import *


def done_well(*args, code=0, **options):
    done = voltd(*args, **options)
    equal(done.returncode, code, f"exit code of {' '.join(args)} ({done.stdout.strip()[-300:]} {done.stderr.strip()[-300:]})")
    return done


def stopped_data():
    """A data directory that a server has used: one station with a password, and no server on it."""
    data = os.path.join(temp_dir(), "data")
    done_well("station", "add", "OPS-1", "--password", PASSWORD, "--data", data)
    return data


# -- certificates


@case
def self_signed_certificates_open_the_tls_doors():
    folder = os.path.join(temp_dir(), "tls")
    done = done_well("cert", "self-signed", "--out", folder, "--also", "localhost,127.0.0.1", "--days", "30")
    sets = done.stdout.split()
    equal([line.split("=")[0] for line in sets], ["https.cert", "https.key"], "the lines to put into voltd.conf")
    for name in ("voltd-ecdsa.key", "voltd-rsa.key"):
        equal(os.stat(os.path.join(folder, name)).st_mode & 0o077, 0, f"{name} is for its owner alone")
    context = ssl.create_default_context(cafile=os.path.join(folder, "voltd-ecdsa.pem"))
    with Server(sets=["https.listen=127.0.0.1:0", "ocpp.tls_listen=127.0.0.1:0", *sets]) as server:
        for name in ("https", "ocpp_tls"):
            with socket.create_connection(server.door(name), timeout=5) as plain, context.wrap_socket(plain, server_hostname="localhost") as secure:
                expect(secure.version() in ("TLSv1.2", "TLSv1.3"), secure.version())


@case
def certificates_tell_their_files_as_json():
    folder = os.path.join(temp_dir(), 'a "quoted" folder')
    told = json.loads(done_well("cert", "self-signed", "--out", folder, "--json").stdout)
    for path in (told["cert"] + "," + told["key"]).split(","):
        expect(os.path.exists(path), "there is no", path)


@table([
    ("a folder that cannot be made", ["--out", "/proc/voltd"], 1, "/proc/voltd"),
    ("too many names", ["--also", ",".join(f"h{n}.example" for n in range(33))], 2, "--also"),
    ("days out of range", ["--days", "0"], 2, "--days"),
])
def a_certificate_that_cannot_be_made_says_why(args, code, word):
    done = done_well("cert", "self-signed", *args, code=code, cwd=temp_dir())
    equal(len(done.stderr.strip().splitlines()), 1, "one line")
    expect(word in done.stderr, done.stderr)


# -- doctor


def doctor(data, *sets, code=0):
    done = voltd("doctor", "--json", "--data", data, *(a for s in sets for a in ("--set", s)))
    equal(done.returncode, code, f"exit code of doctor ({done.stdout} {done.stderr})")
    return {row["check"]: row for row in json.loads(done.stdout)}


@case
def doctor_says_what_comes_before_the_first_start():
    told = doctor(os.path.join(temp_dir(), "none"))
    for name in ("directory", "key", "database"):
        expect(told[name]["good"] and "first start" in told[name]["text"], told[name])


@table([
    ("a directory open to all", lambda d: os.chmod(d, 0o777), "directory", "chmod 700"),
    ("a key that others can read", lambda d: os.chmod(os.path.join(d, "voltd.key"), 0o644), "key", "chmod 600"),
    ("a key that is cut", lambda d: os.truncate(os.path.join(d, "voltd.key"), 7), "key", "backup"),
    ("a database that is none", lambda d: open(os.path.join(d, "voltd.db"), "wb").write(b"no database" * 1000), "database", "open"),
])
def doctor_finds(harm, check, word):
    data = stopped_data()
    harm(data)
    told = doctor(data, code=1)
    expect(not told[check]["good"] and word in told[check]["text"], told)


@case
def doctor_finds_a_certificate_that_is_not_there():
    told = doctor(stopped_data(), "https.listen=127.0.0.1:0", "https.cert=/nowhere/server.pem", "https.key=/nowhere/server.key", code=1)
    expect(not told["tls"]["good"] and "https.key: /nowhere/server.key" in told["tls"]["text"], told)


# -- backup


def connects(server, identity, password):
    try:
        Station(server.ocpp, identity, password=password).drop()
        return True
    except Refused as refused:
        equal(refused.status, 401, "a wrong password")
        return False


@table([("with keys", ["--with-keys"], True), ("without keys", [], False)])
def passwords_outlive_a_restore_only(flags, survive):
    data, path, restored = stopped_data(), os.path.join(temp_dir(), "b"), os.path.join(temp_dir(), "r")
    told = done_well("backup", path, *flags, "--data", data).stderr
    expect(("--with-keys" in told) != survive, "backup says whether the key is in it:", told)
    equal(os.path.exists(path + ".key"), survive, "the key file")
    told = done_well("restore", path, "--data", restored).stderr
    expect(("voltd.key" in told) != survive, "restore asks for the key file:", told)
    server = Server(data=restored)
    try:
        equal(connects(server, "OPS-1", PASSWORD), survive, "the old password")
    finally:
        equal(server.close(), 0, "exit code")


@case
def a_restore_takes_the_key_from_where_it_is_kept():
    data, folder, restored = stopped_data(), temp_dir(), os.path.join(temp_dir(), "r")
    key = os.path.join(folder, "kept.key")
    shutil.copy(os.path.join(data, "voltd.key"), key)
    done_well("backup", "b", "--data", data, cwd=folder)
    told = done_well("restore", os.path.join(folder, "b"), "--key", key, "--json", "--data", restored)
    equal(json.loads(told.stdout), {"restored": True, "key": True}, "what restore says")
    server = Server(data=restored)
    try:
        expect(connects(server, "OPS-1", PASSWORD), "the old password")
    finally:
        equal(server.close(), 0, "exit code")


@table([
    ("no backup there", ["restore", "/nowhere/b"], "/nowhere/b"),
    ("a key that is not there", None, "kept.key"),
])
def a_restore_that_cannot_be_done_is_one_line(args, word):
    if args is None:
        path = os.path.join(temp_dir(), "b")
        done_well("backup", path, "--data", stopped_data())
        args = ["restore", path, "--key", "/nowhere/kept.key"]
    done = done_well(*args, "--data", os.path.join(temp_dir(), "r"), code=1)
    equal(len(done.stderr.strip().splitlines()), 1, f"one line: {done.stderr}")
    expect(word in done.stderr, done.stderr)


@table([("backup", ["backup", "{dir}/copy.db"]), ("verify", ["verify"])])
def a_directory_without_a_database_is_said(args):
    """Not named, or misspelt: a good copy of nothing would be found out when it is needed."""
    folder = temp_dir()
    done = voltd(*(a.format(dir=folder) for a in args), cwd=folder)
    equal(done.returncode, 1, "exit code")
    expect("voltd-data/voltd.db" in done.stderr and "--data" in done.stderr, done.stderr)
    equal(os.listdir(folder), [], "files that were made")


@case
def a_first_command_says_where_it_begins_anew():
    folder = temp_dir()
    expect("no data yet" in voltd("key", "create", "--role", "admin", cwd=folder).stderr, "the first time")
    expect("no data yet" not in voltd("key", "create", "--role", "admin", cwd=folder).stderr, "the second time")


@case
def a_nightly_backup_with_keys_takes_the_place_of_the_last():
    with Server() as server:
        copy = os.path.join(temp_dir(), "copy.db")
        for night in range(2):
            equal(voltd("backup", copy, "--with-keys", "--data", server.data).returncode, 0, f"night {night}")
        with open(copy + ".key", "rb") as kept, open(os.path.join(server.data, "voltd.key"), "rb") as key:
            equal(kept.read(), key.read(), "key")
        equal(os.stat(copy + ".key").st_mode & 0o777, 0o600, "mode")


@case
def a_limit_of_file_sizes_is_a_full_disk():
    """ulimit -f, LimitFSIZE=: the signal that comes with it must not end the process."""
    server = Server(wrap=["bash", "-c", "ulimit -f 1000; exec \"$@\"", "limited"])
    with contextlib.suppress(Wrong, OSError, http.client.HTTPException):
        for n in range(400):
            if server.rest("POST", "tokens", {"id": f"T{n}", "personal_message": os.urandom(400).hex()}).status == 503:
                break
    expect(server.alive(), "ended with", server.process.poll())
    equal(server.rest("GET", "/readyz").status, 503, "readyz")
    expect("File too large" in server.rest("GET", "/readyz").text, server.rest("GET", "/readyz").text)
    server.kill()
    equal(voltd("verify", "--data", server.data).returncode, 0, "verify")


@case
def verify_and_migrate_say_it_as_json():
    data = stopped_data()
    told = json.loads(done_well("verify", "--json", "--data", data).stdout)
    expect(told["sound"] and told["rows"] > 0 and told["faults"] == 0, told)
    equal(json.loads(done_well("migrate", "--json", "--data", data).stdout), {"current": True}, "migrate")
    expect("schema" in done_well("migrate", "--data", data).stdout, "migrate in words")
    expect("--to" in done_well("migrate", "--to", "postgresql://x", "--data", data, code=1).stderr, "another backend")


# -- people


@case
def a_new_link_lets_a_person_in_once(server):
    done_well("user", "add", "Jürgen Groß", "--role", "operator", "--data", server.data)
    link = done_well("user", "link", "Jürgen Groß", "--data", server.data).stdout.strip().splitlines()[-1]
    secret = link.split("#k=")[1]
    equal(server.rest("POST", "login", {"link": secret}, key=False).status, 200, "the link")
    equal(server.rest("POST", "login", {"link": secret}, key=False).status, 401, "the link again")
    expect("nobody" in done_well("user", "link", "nobody", "--data", server.data, code=1).stderr, "a person that does not exist is named")


@table([("nothing on stdin", "", "stdin"), ("too long", "x" * 300 + "\n", "256")])
def a_password_that_cannot_be_read(server, stdin, word):
    done = done_well("user", "add", "carl", "--role", "viewer", "--password-stdin", "--data", server.data, stdin=stdin, code=2)
    expect(word in done.stderr, done.stderr)


if __name__ == "__main__":
    run()
