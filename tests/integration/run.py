#!/usr/bin/env python3
"""run.py [--voltd PATH] [--slow FACTOR] [NAME…]: runs tests/integration/test_*.py, two at a time.

Each file is a program of its own that prints TAP lines and ends with `N passed, N failed`; so does this one.
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
LONGEST = ["test_years.py", "test_tls.py", "test_bad_input.py"]  # begun first, so that nothing waits for them in the end


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
    options.add_argument("names", nargs="*")
    chosen = options.parse_args()
    files = sorted(glob.glob(os.path.join(HERE, "test_*.py")))
    if chosen.names:
        files = [f for f in files if any(n in os.path.basename(f) for n in chosen.names)]
    files.sort(key=lambda f: os.path.basename(f) not in LONGEST)
    environment = dict(os.environ, VOLTD=os.path.abspath(chosen.voltd), VOLTD_SLOW=str(chosen.slow))
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for output, good, bad in pool.map(lambda f: run(f, environment, chosen.slow), files):
            print(output, flush=True)
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
