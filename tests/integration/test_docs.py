#!/usr/bin/env python3
"""What docs/api.md tells to type works as it is written, one command after the other, on a server that is new."""
import re

from harness import *

ON_PATH = {"PATH": f"{os.path.dirname(VOLTD)}:{os.environ['PATH']}"}
# A refusal fails; a stream that goes on for ever is listened to for a moment (28: its time is up).
CURL = 'curl() { local code=0; command curl -sS --fail-with-body --max-time 3 "$@" || code=$?; echo; [ $code = 0 ] || { [ $code = 28 ] && [[ " $* " == *" -N "* ]]; }; }\n'


def commands(page):
    """All that stands in ```sh blocks, in their order."""
    with open(os.path.join(ROOT, "docs", page), encoding="utf-8") as file:
        return re.findall(r"^```sh\n(.*?)^```", file.read(), re.M | re.S)


def typed(address, data):
    """The blocks of api.md in one shell, as somebody would who reads on."""
    script = "set -e -o pipefail\n" + CURL + "\n".join(commands("api.md")).replace("127.0.0.1:8080", address).replace("voltd key create", f"voltd key create --data {data}")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60 * SLOW, cwd=ROOT, env={**CLEAN_ENV, **ON_PATH})
    equal(done.returncode, 0, f"exit code ({done.stdout[-600:]} {done.stderr[-600:]})")
    return done.stdout


def complete(told, places):
    answers = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    put = [a for a in answers if "applied" in a]
    equal([(a["applied"], a["errors"], a["evses"]) for a in put], [(False, [], places), (True, [], places)], "the power document, dry and applied")
    expect(any(a.get("count") == 2 and a.get("dry_run") is False for a in answers), f"the prices: {told[-800:]}")


@case
def on_a_server_that_is_new():
    with Server() as server:
        complete(typed("%s:%d" % server.http, server.data), 5)


@case
def on_a_demo_that_runs():
    data = temp_dir()
    demo = subprocess.Popen([VOLTD, "demo", "--data", data, "--set", "http.listen=127.0.0.1:0", "--set", "ocpp.listen=127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=CLEAN_ENV)
    try:
        lines = []
        threading.Thread(target=lambda: lines.extend(iter(demo.stdout.readline, b"")), daemon=True).start()
        address = eventually(lambda: re.search(r"http://([^\s/]+)", b"".join(lines).decode()), "an address", 20)[1]
        complete(typed(address, data), 5)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(20 * SLOW)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    run()
