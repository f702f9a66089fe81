#!/usr/bin/env python3
"""run.py [--voltd PATH] [--slow FACTOR] [--lanes N] [NAME…]: runs tests/integration/test_*.py, several at a time.

Each file is a program of its own, with servers, ports and directories of its own, that prints TAP lines and ends with
`N passed, N failed`; so does this one. What a file printed stands together, and the files in the order of their names.
They mostly wait: for a clock of voltd's, a retry, a time-out. Those that hold voltd to a time run one after the other.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FILE_SECONDS_MAX = 240
LANES = 5
TIMED = ["test_power.py", "test_power_many.py", "test_demo.py", "test_storm.py"]  # a lane for these alone
LONGEST = ["test_years.py", "test_store_faults.py", "test_tls.py", "test_bad_payloads.py", "test_operate.py"]  # begun first, so that nothing waits for them in the end


def run(path, environment, slow):
    began = time.monotonic()
    try:
        done = subprocess.run([sys.executable, path], env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=FILE_SECONDS_MAX * slow)
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = late.stdout or "", 124
        if isinstance(output, bytes):  # as Python hands it over in this one case
            output = output.decode("utf-8", "replace")
    count = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M)
    good, bad = (int(n) for n in count[-1]) if count else (len(re.findall(r"^ok ", output, re.M)), 0)
    if status and not bad:
        bad = 1
        output += f"\nnot ok {os.path.basename(path)}: ended with {'a timeout' if status == 124 else f'exit code {status}'}\n"
    output = re.sub(r"^\d+ passed, \d+ failed\n", "", output, flags=re.M)
    return f"{output}# {os.path.basename(path)}: {good} passed, {bad} failed, {time.monotonic() - began:.1f} s", good, bad


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--voltd", default="build/voltd")
    options.add_argument("--slow", type=float, default=1.0)
    options.add_argument("--lanes", type=int, default=LANES)
    options.add_argument("names", nargs="*")
    chosen = options.parse_args()
    files = sorted(glob.glob(os.path.join(HERE, "test_*.py")))
    if chosen.names:
        files = [f for f in files if any(n in os.path.basename(f) for n in chosen.names)]
    environment = dict(os.environ, VOLTD=os.path.abspath(chosen.voltd), VOLTD_SLOW=str(chosen.slow))
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(1) as timed, concurrent.futures.ThreadPoolExecutor(max(1, chosen.lanes - 1)) as others:
        runs = {}
        for path in sorted(files, key=lambda f: os.path.basename(f) not in LONGEST):
            lane = timed if os.path.basename(path) in TIMED else others
            runs[path] = lane.submit(run, path, environment, chosen.slow)
        for path in files:
            output, good, bad = runs[path].result()
            print(output, flush=True)
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
