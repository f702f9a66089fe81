#!/usr/bin/env python3
"""Stations and browsers over TLS: versions, certificates side by side, new certificates while it runs, simulated stations."""
import re

from harness import *
from ocpp import *


def certificates(folder):
    """ECDSA and RSA, self-signed for localhost."""
    paths = {}
    for name, options in (("ecdsa", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]), ("rsa", ["-newkey", "rsa:2048"])):
        paths[name] = (os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key"))
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        *options, "-out", paths[name][0], "-keyout", paths[name][1]], check=True, capture_output=True)
    return paths


def tls_server(folder=None, sets=()):
    paths = certificates(folder or temp_dir())
    certificate, key = (", ".join(paths[kind][n] for kind in ("ecdsa", "rsa")) for n in (0, 1))
    return Server(sets=["ocpp.tls_listen=127.0.0.1:0", "https.listen=127.0.0.1:0", f"https.cert={certificate}", f"https.key={key}", *sets])


@case
def a_session_over_tls_1_2_and_1_3():
    with tls_server() as server:
        server.add_token("TLS")
        address = server.door("ocpp_tls")
        for n, version in enumerate((ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)):
            context = tls_context()
            context.minimum_version = context.maximum_version = version
            server.add_station(f"TLS-{n}")
            station = Station(address, f"TLS-{n}", protocols=[V201], tls=context)
            server.stations.append(station)
            station.boot()
            Charge(station, "TLS", meter=0).stop(500)
            equal(server.sessions(f"TLS-{n}")[0]["energy_wh"], 500, "energy")


@table([("ECDSA", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("ECDSA 256", "ECDHE-ECDSA-AES256-GCM-SHA384"), ("RSA", "ECDHE-RSA-AES128-GCM-SHA256")])
def a_cipher_of_each_certificate_works(suite):
    with tls_server() as server:
        address = server.door("ocpp_tls")
        context = tls_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
        with socket.create_connection(address, timeout=5) as plain, context.wrap_socket(plain, server_hostname="localhost") as secure:
            equal(secure.cipher()[0], suite, "cipher")


@case
def tls_1_1_is_refused():
    with tls_server() as server:
        address = server.door("ocpp_tls")
        done = subprocess.run(["openssl", "s_client", "-connect", f"{address[0]}:{address[1]}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
                              input="", capture_output=True, text=True, timeout=20)
        expect("BEGIN CERTIFICATE" not in done.stdout, "TLS 1.1 was accepted")


@case
def http_redirects_when_https_is_on():
    with tls_server() as server:
        reply = server.rest("GET", "/", key=False)
        expect(reply.status in (301, 302, 307, 308) and reply.headers["location"].startswith("https://"), "redirect:", reply.status, reply.headers)


@case
def garbage_on_the_tls_listener_does_no_harm():
    with tls_server() as server:
        address = server.door("ocpp_tls")
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(2000), b"\x16\x03\x01\xff\xff" + b"\0" * 100, b""):
            with contextlib.suppress(OSError), socket.create_connection(address, timeout=2) as sock:
                sock.sendall(garbage)
                sock.recv(100)
        equal(server.rest("GET", "/healthz", key=False).status in (200, 301, 307, 308), True, "healthz")


# -- logins


def login(server, https):
    link = voltd("user", "add", f"p{time.monotonic_ns()}", "--role", "viewer", "--data", server.data).stdout.strip().splitlines()[-1]
    connection = http.client.HTTPSConnection(*server.door("https"), context=tls_context(), timeout=10) if https else http.client.HTTPConnection(*server.http, timeout=10)
    connection.request("POST", "/api/v1/login", json.dumps({"link": link.split("#k=")[1]}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer, answer.read().decode()


@case
def the_cookie_of_tls_is_for_this_host_and_tls_alone():
    with tls_server() as server:
        answer, text = login(server, True)
        equal(answer.status, 200, text)
        cookie = answer.getheader("Set-Cookie")
        expect(cookie.startswith("__Host-voltd="), cookie)
        for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            expect(part in cookie.split("; "), part, "is not in", cookie)
        connection = http.client.HTTPSConnection(*server.door("https"), context=tls_context(), timeout=10)
        connection.request("GET", "/api/v1/stations", headers={"Cookie": cookie.split(";")[0]})
        equal(connection.getresponse().status, 200, "a request with it")


@case
def plain_http_from_elsewhere_says_how_to_switch_https_on():
    addresses = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    if not addresses:
        return  # a machine without a network: there is no elsewhere
    with Server(sets=["http.listen=0.0.0.0:0"]) as server:
        server.http = (addresses[0], server.http[1])
        answer, text = login(server, False)
        equal(answer.status, 403, text)
        expect("https.listen" in text and answer.getheader("Set-Cookie") is None, text)


# -- new certificates while it runs


def shown(address, kind="ecdsa"):
    """The certificate that a new connection gets, in DER; `kind` of key."""
    context = tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256" if kind == "ecdsa" else "ECDHE-RSA-AES128-GCM-SHA256")
    with socket.create_connection(address, timeout=5) as plain, context.wrap_socket(plain) as secure:
        return secure.getpeercert(binary_form=True)


def told(server, pattern):
    return eventually(lambda: re.findall(pattern, server.log()), f"a line with {pattern}")


@case
def a_hangup_brings_new_certificates_to_new_connections():
    folder = temp_dir()
    with tls_server(folder) as server:
        server.add_station("HUP-1")
        old = Station(server.door("ocpp_tls"), "HUP-1", tls=tls_context())
        server.stations.append(old)
        old.boot()
        doors = [(name, kind) for name in ("https", "ocpp_tls") for kind in ("ecdsa", "rsa")]
        before = [shown(server.door(name), kind) for name, kind in doors]
        equal(before, [shown(server.door(name), kind) for name, kind in doors], "the same without a hangup")
        certificates(folder)
        server.process.send_signal(signal.SIGHUP)
        told(server, "new connections get the certificates")
        for (name, kind), was in zip(doors, before):
            expect(shown(server.door(name), kind) != was, "the old certificate at", name, kind)
        expect(old.call("Heartbeat", {})["currentTime"], "the station of before lives on")


@table([
    ("no certificate", lambda paths: open(paths[0], "w").write("nothing"), "ecdsa.pem"),
    ("a key that is gone", lambda paths: os.unlink(paths[1]), "ecdsa.key"),
    ("a key of another certificate", lambda paths: shutil.copy(paths[1].replace("ecdsa", "rsa"), paths[1]), "ecdsa.key"),
    ("a file that is empty", lambda paths: open(paths[0], "w").close(), "ecdsa.pem"),
])
def bad_certificates_leave_the_old_ones(harm, name):
    folder = temp_dir()
    with tls_server(folder) as server:
        before = shown(server.door("ocpp_tls"))
        harm((os.path.join(folder, "ecdsa.pem"), os.path.join(folder, "ecdsa.key")))
        server.process.send_signal(signal.SIGHUP)
        lines = told(server, "voltd: .*stay in use")
        equal(len(lines), 1, "one line")
        expect(name in lines[0], "it names the file:", lines[0])
        equal(shown(server.door("ocpp_tls")), before, "certificate")
        certificates(folder)
        server.process.send_signal(signal.SIGHUP)
        told(server, "new connections get the certificates")
        expect(shown(server.door("ocpp_tls")) != before, "the good ones come later")


@case
def a_hangup_without_tls_does_no_harm():
    with Server() as server:
        server.process.send_signal(signal.SIGHUP)
        told(server, "no TLS door")
        equal(server.rest("GET", "/healthz", key=False).status, 200, "healthz")


# -- sessions that are resumed


VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def returning_stations():
    """A context for each version: a session belongs to its context."""
    contexts = []
    for version in VERSIONS:
        contexts.append(tls_context())
        contexts[-1].minimum_version = contexts[-1].maximum_version = version
    return contexts


def visit(server, context, session=None):
    """Was the session resumed, and the one for the next visit."""
    with socket.create_connection(server.door("ocpp_tls"), timeout=5) as plain, \
            context.wrap_socket(plain, server_hostname="localhost", session=session) as secure:
        secure.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        secure.recv(1000)  # TLS 1.3: the ticket comes behind the handshake
        return secure.session_reused, secure.session


@case
def a_ticket_from_before_a_restart_resumes():
    with tls_server() as server:
        contexts = returning_stations()
        sessions = [visit(server, context)[1] for context in contexts]
        for end in (server.kill, server.stop):
            end()
            server.start()
            for n, context in enumerate(contexts):
                reused, sessions[n] = visit(server, context, sessions[n])
                expect(reused, "a full handshake after", end.__name__, VERSIONS[n].name)
        equal(os.stat(os.path.join(server.data, "voltd.tickets")).st_mode & 0o777, 0o600, "mode")


def as_link(path):
    os.rename(path, path + ".other")
    os.symlink(path + ".other", path)


@table([
    ("gone", os.unlink),
    ("empty", lambda path: open(path, "w").close()),
    ("cut", lambda path: os.truncate(path, 100)),
    ("other bytes", lambda path: open(path, "wb").write(os.urandom(184))),
    ("open to others", lambda path: os.chmod(path, 0o640)),
    ("a link", as_link),
])
def keys_of_tickets_that_are_not_to_be_trusted_are_made_anew(harm):
    with tls_server() as server:
        contexts = returning_stations()
        sessions = [visit(server, context)[1] for context in contexts]
        server.stop()
        path = os.path.join(server.data, "voltd.tickets")
        harm(path)
        server.start()
        for context, session in zip(contexts, sessions):
            equal(visit(server, context, session)[0], False, "resumed")
        info = os.lstat(path)
        equal((info.st_mode, info.st_size), (0o100600, 184), "the new file")


@case
def a_ticket_file_that_cannot_be_written_is_said_once_and_does_no_harm():
    data = temp_dir()
    os.makedirs(os.path.join(data, "voltd.tickets.new"), 0o700)
    os.chmod(data, 0o700)
    paths = certificates(temp_dir())
    with Server(data=data, sets=["ocpp.tls_listen=127.0.0.1:0", f"https.cert={paths['ecdsa'][0]}", f"https.key={paths['ecdsa'][1]}"]) as server:
        equal(len(told(server, "full handshake: .*voltd.tickets")), 1, "lines")
        context = returning_stations()[1]
        equal(visit(server, context, visit(server, context)[1])[0], True, "resumed within the process")


@case
def no_backup_holds_the_keys_of_tickets():
    with tls_server() as server:
        copy = os.path.join(temp_dir(), "copy.db")
        equal(voltd("backup", copy, "--with-keys", "--data", server.data).returncode, 0, "backup")
        equal(sorted(os.listdir(os.path.dirname(copy))), ["copy.db", "copy.db.key"], "files")


# -- simulated stations


def simulate(server, *flags, seconds=60):
    done = voltd("sim", "--url", f"wss://localhost:{server.door('ocpp_tls')[1]}/ocpp", "--stations", "6", "--speed", "300", "--seed", "3",
                 "--register", f"http://{server.http[0]}:{server.http[1]}", "--key", server.key, *flags, timeout=seconds)
    equal(done.returncode, 0, f"exit code ({done.stderr[:300]})")
    return done.stdout


@table([
    ("any certificate will do", ["--prefix", "WSS"]),
    ("with deflate", ["--prefix", "DFL", "--deflate"]),
    ("with the authority that signed", ["--prefix", "CA", "--deflate", "--ca"]),
])
def simulated_stations_charge_over_tls(flags):
    folder = temp_dir()
    with tls_server(folder) as server:
        flags = flags + [os.path.join(folder, "ecdsa.pem")] if flags[-1] == "--ca" else flags
        summary = simulate(server, *flags, "--duration", "8")
        equal(len(server.items("stations?limit=100")), 6, "stations")
        expect(server.items("sessions"), "sessions:", summary)
        expect(" 0 refused, 0 without answer" in summary and not re.search(r"\b0 facts acknowledged", summary), summary)


@case
def a_simulated_station_that_does_not_trust_the_server_says_nothing():
    folder = temp_dir()
    with tls_server(folder) as server:
        foreign = os.path.join(folder, "foreign")
        equal(voltd("cert", "self-signed", "--out", foreign).returncode, 0, "a certificate of another")
        summary = simulate(server, "--ca", os.path.join(foreign, "voltd-ecdsa.pem"), "--duration", "3")
        expect(re.search(r"\b0 messages", summary), summary)
        told(server, "TLS handshake .* failed")


@table([
    ("a CA file that is none", ["--ca", "/dev/null"], "/dev/null"),
    ("no such CA file", ["--ca", "/nowhere"], "/nowhere"),
])
def a_simulation_that_cannot_begin_says_why(args, word):
    done = voltd("sim", "--url", "wss://localhost:1/ocpp", *args, "--duration", "1")
    equal(done.returncode, 1, "exit code")
    expect(word in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr)


if __name__ == "__main__":
    run()
