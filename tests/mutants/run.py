#!/usr/bin/env python3
"""Mutants of src/energy/commit*.c: each takes one step of the proof away, and test_energy_commit has to fail.

A mutant is a piece of a source file that occurs once, and what stands in its place. One that no longer occurs is
an error: the table follows the code. Needs a C compiler and cmocka; builds in a temporary directory.
"""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.glob("src/bench/energy/chaos*.c")) + sorted(
    ROOT / "src" / name for name in """
    energy/commit.c energy/commit_layers.c energy/commit_send.c energy/order.c energy/possible.c energy/line.c
    energy/tree.c energy/tree_sums.c base/arena.c base/buf.c base/check.c base/err.c base/str.c""".split())
SOURCES = [path for path in SOURCES if path.name != "chaos_bench.c"]

MUTANTS = [
    ("a raise is booked when it is answered", "energy/commit.c",
     "return flight != NULL && flight->da > da ? flight->da : da;", "return da;"),
    ("a raise asks for no room", "energy/commit_send.c",
     "    if (room >= need->da)\n        return need->da;", "    if (room >= 0)\n        return need->da;"),
    ("a lower value counts when it is answered", "energy/commit_send.c",
     "possible_end(values, commit->now + settle_ms, true);", "possible_end(values, commit->now, true);"),
    ("no answer is no", "energy/commit_send.c",
     "            if (result == COMMIT_NO_ANSWER) {\n                lost(", "            if (false) {\n                lost("),
    ("what is in flight when a station goes is forgotten", "energy/commit_send.c",
     "    if (station->flight.id != 0)\n        lost(commit, &station->flight, false);", ""),
    ("a lease is over when it ends by our clock", "energy/commit_send.c",
     "station->flight.ends_at + rules->skew_ms + station->trust.settle_ms;", "station->flight.ends_at;"),
    ("every lease is trusted", "energy/commit.c",
     "return station->trust.leases && off <= commit->rules.skew_ms;", "return off < INT64_MAX;"),
    ("the fail-safe is not booked below a profile", "energy/commit.c",
     "int32_t claimed = capped(evse, profile > floor ? profile : floor);",
     "int32_t claimed = capped(evse, profile >= 0 ? profile : floor);"),
    ("stations are trusted unproven", "energy/commit.c",
     "int32_t booked = obeys ? claimed : evse->fixed.cap_da;", "int32_t booked = claimed;"),
    ("the next car is booked on the wires of the last one", "energy/commit.c",
     "enter(commit, commit->booked, id, booked, obeys ? floor : booked);", "enter(commit, commit->booked, id, booked, 0);"),
    ("disobedience is not noticed", "energy/commit.c", "    evse->disobeys = true;\n", ""),
    ("a clock that was put back changes nothing", "energy/commit.c",
     "possible_shift(&commit->evses[i].profile, back);", "(void)0;"),
    ("a session that ends takes all with it at once", "energy/commit.c",
     "possible_end(&evse->profile, now + station->trust.settle_ms, false);", "evse->profile.count = 0;"),
    ("a call that is under way is forgotten with its session", "energy/commit.c",
     "now + station->trust.settle_ms, false);", "now + station->trust.settle_ms, true);"),
    ("nothing is written before a send", "energy/commit_send.c",
     "send->log_first = commit_is_higher(&send->durable, &evse->logged);", "send->log_first = false;"),
    ("room is given away before the lower value is written", "energy/commit.c",
     "booked_by(commit, &durable) < booked_by(commit, logged))", "false)"),
    ("a restart forgets", "energy/commit.c",
     "    evse->profile.count = evse->failsafe.count = 0;\n    /* Its call", "    evse->profile.count = evse->failsafe.count = 0;\n    return;\n    /* Its call"),
    ("a value between two that are possible is a lower one", "energy/commit_send.c",
     "return layer->confirmed_da >= 0 ? layer->confirmed_da : most;", "return layer != NULL ? most : 0;"),
    ("of the values that are possible the newest counts", "energy/possible.c",
     "if (possible->values[i].until > now && possible->values[i].da > most)",
     "if (possible->values[i].until > now)"),
    ("an old answer counts for the newest call", "energy/commit_send.c", "if (flight.id != id) {", "if (false) {"),
]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def compile_one(path, target, also=()):
    return run("cc", "-std=gnu17", "-O1", "-w", f"-I{ROOT}/src", f"-I{ROOT}/tests/unit", *also, "-c", str(path), "-o",
               str(target))


def link_and_test(objects, directory):
    program = directory / "test"
    built = run("cc", "-o", str(program), *map(str, objects), "-lcmocka", "-lm")
    return built if built.returncode else run(str(program))


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        objects = {}
        for path in [*SOURCES, ROOT / "tests/unit/test_energy_commit.c"]:
            objects[path] = directory / f"{len(objects)}.o"
            built = compile_one(path, objects[path])
            if built.returncode:
                sys.exit(built.stderr)
        whole = link_and_test(objects.values(), directory)
        if whole.returncode:
            sys.exit(f"not ok without a mutant\n{whole.stdout[-2000:]}{whole.stderr[-2000:]}")
        for why, file, piece, instead in MUTANTS:
            path = ROOT / "src" / file
            text = path.read_text()
            mutant = directory / "mutant.c"
            target = directory / "mutant.o"
            mutant.write_text(text.replace(piece, instead))
            alive = text.count(piece) != 1 or compile_one(mutant, target).returncode != 0
            if alive:
                print(f"not ok {why}: the table does not fit {file} any more")
            elif link_and_test([o if p != path else target for p, o in objects.items()], directory).returncode == 0:
                alive = True
                print(f"not ok {why}: nothing noticed it")
            else:
                print(f"ok {why}")
            failed += alive
    print(f"{len(MUTANTS) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
