#!/usr/bin/env python3
"""Mutants of src/energy/commit*.c: each takes one step of the proof away, and one of TESTS has to fail.

A mutant is a piece of a source file that occurs once, and what stands in its place. One that no longer occurs is
an error: the table follows the code. Needs a C compiler and cmocka; builds in a temporary directory.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = [path for pattern in ("src/bench/energy/chaos*.c", "src/energy/commit*.c") for path in sorted(ROOT.glob(pattern))] + sorted(
    ROOT / "src" / name for name in """
    energy/order.c energy/possible.c energy/line.c energy/tree.c energy/tree_sums.c
    base/arena.c base/buf.c base/check.c base/err.c base/str.c""".split())
SOURCES = [path for path in SOURCES if path.name != "chaos_bench.c"]
# The quick ones first.
TESTS = [ROOT / "tests/unit" / f"test_energy_commit{name}.c" for name in ("", "_draw", "_chaos")]

MUTANTS = [
    ("a raise is booked when it is answered", "energy/commit_book.c",
     "return flight != NULL && flight->da > da ? flight->da : da;", "return da;"),
    ("a raise asks for no room", "energy/commit_send.c",
     "    if (room >= need->da)\n        return need->da;", "    if (room >= 0)\n        return need->da;"),
    ("a lower value counts when it is answered", "energy/commit_answer.c",
     "possible_end(values, commit->now + settle_ms, true);", "possible_end(values, commit->now, true);"),
    ("no answer is no", "energy/commit_answer.c",
     "        if (result == COMMIT_NO_ANSWER) {\n            commit_lost(", "        if (false) {\n            commit_lost("),
    ("what is in flight when a station goes is forgotten", "energy/commit_facts.c",
     "    if (station->flight.id != 0)\n        commit_lost(commit, &station->flight, false);", ""),
    ("a lease is over when it ends by our clock", "energy/commit_send.c",
     "station->flight.ends_at + rules->skew_ms + station->trust.settle_ms;", "station->flight.ends_at;"),
    ("every lease is trusted", "energy/commit_book.c",
     "return station->trust.leases && off <= commit->rules.skew_ms;", "return off < INT64_MAX;"),
    ("the fail-safe is not booked below a profile", "energy/commit_book.c",
     "int32_t claimed = commit_capped(evse, profile > floor ? profile : floor);",
     "int32_t claimed = commit_capped(evse, profile >= 0 ? profile : floor);"),
    ("stations are trusted unproven", "energy/commit_book.c",
     "int32_t booked = obeys ? claimed : evse->fixed.cap_da;", "int32_t booked = claimed;"),
    ("the next car is booked on the wires of the last one", "energy/commit_book.c",
     "enter(commit, commit->booked, id, booked, obeys ? floor : booked);", "enter(commit, commit->booked, id, booked, 0);"),
    ("disobedience is not noticed", "energy/commit_draw.c", "    evse->disobeys = true;\n", ""),
    ("a clock that was put back changes nothing", "energy/commit_facts.c",
     "possible_shift(&commit->evses[i].profile, back);", "(void)0;"),
    ("a session that ends takes all with it at once", "energy/commit_facts.c",
     "possible_end(&evse->profile, now + station->trust.settle_ms, false);", "evse->profile.count = 0;"),
    ("a call that is under way is forgotten with its session", "energy/commit_facts.c",
     "now + station->trust.settle_ms, false);", "now + station->trust.settle_ms, true);"),
    ("the next car stands on the wires of the last", "energy/commit_facts.c",
     "evse->wires_wait = false;", "(void)0;"),
    ("a station notices at once that we are gone", "energy/commit_facts.c",
     "rules->notice_ms + ", ""),
    ("nothing is written before a send", "energy/commit_send.c",
     "send->log_first = commit_is_higher(&send->durable, &evse->logged);", "send->log_first = false;"),
    ("room is given away before the lower value is written", "energy/commit_book.c",
     "booked_by(commit, &durable) < booked_by(commit, logged))", "false)"),
    ("a restart forgets", "energy/commit.c",
     "    evse->profile.count = evse->failsafe.count = 0;\n    /* Its call", "    evse->profile.count = evse->failsafe.count = 0;\n    return;\n    /* Its call"),
    ("a value between two that are possible is a lower one", "energy/commit_need.c",
     "return layer->confirmed_da >= 0 ? layer->confirmed_da : most;", "return layer != NULL ? most : 0;"),
    ("of the values that are possible the newest counts", "energy/possible.c",
     "if (possible->values[i].until > now && possible->values[i].da > most)",
     "if (possible->values[i].until > now)"),
    ("an old answer counts for the newest call", "energy/commit_answer.c", "if (station->flight.id != id)\n", "if (false)\n"),
    ("leases outlast a limit that falls by the clock", "energy/commit_need.c",
     "return latest < end && latest > commit->now + RENEWED_LEAST_MS ? latest : end;", "return latest < 0 ? latest : end;"),
    ("a linked profile outlasts a limit that falls by the clock", "energy/commit_need.c",
     "           commit->drop_at == UTC_NEVER;", "           true;"),
    ("a little too much is never found", "energy/commit_draw.c", "    return creeps(evse, rules, draw_da);", "    return false;"),
    ("0 A are believed unseen", "energy/commit_draw.c", "        unseen_da = station->trust.stops || !station->metered || evse->limit_da >= NORM_DA ? 0", "        unseen_da = true ? 0"),
    ("who is not proven is believed unseen", "energy/commit_draw.c", "    int32_t unseen_da = before_da;", "    int32_t unseen_da = 0;"),
    ("who forgets its limits is believed to keep them", "energy/commit_facts.c", "        commit_know_nothing(&commit->evses[i], false);", "        (void)i;"),
    ("one sample above a limit is nothing", "energy/commit_draw.c", "    evse->over_da = over_da;\n", ""),
    ("who refuses 0 A is told its wish", "energy/commit_send.c", "no_zero && least <= most ? least : part;", "no_zero ? need->da : part;"),
    ("what is in flight when a document changes was never sent", "energy/commit_follow.c", "    commit_lost(commit, &flight, true);\n", ""),
    ("what is settling when a document changes has settled", "energy/commit_follow.c", "    *values = *before;", "    values->count = 0;\n    for (uint32_t i = 0; i < before->count; i++)\n        if (before->values[i].until == UTC_NEVER)\n            values->values[values->count++] = before->values[i];"),
    ("what was refused was not done", "energy/commit_answer.c", "    if (said_no && flight->layer != LAYER_STATION)", "    if (false)"),
]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def compile_one(path, target):
    return run("cc", "-std=gnu17", "-O1", "-w", f"-I{ROOT}/src", f"-I{ROOT}/tests/unit", "-c", str(path), "-o", str(target))


def test_fails(test, objects, program):
    """Links a test and runs it as far as its first failure: None, or what it said."""
    built = run("cc", "-o", str(program), str(test), *map(str, objects), "-lcmocka", "-lm")
    if built.returncode:
        sys.exit(built.stderr)
    said = []
    with subprocess.Popen(["stdbuf", "-oL", str(program)], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"}) as test:
        for line in test.stdout:
            said.append(line)
            if line.startswith("not ok"):
                test.kill()
    return "".join(said) if test.returncode else None


def try_mutant(directory, number, objects):
    """None when the test fails as it has to, else what is wrong."""
    _, file, piece, instead = MUTANTS[number]
    path = ROOT / "src" / file
    text = path.read_text()
    source, target = directory / f"mutant{number}.c", directory / f"mutant{number}.o"
    source.write_text(text.replace(piece, instead))
    if text.count(piece) != 1 or compile_one(source, target).returncode != 0:
        return f"the table does not fit {file} any more"
    mutated = [o if p != path else target for p, o in objects.items() if p not in TESTS]
    if not any(test_fails(objects[test], mutated, directory / f"test{number}") for test in TESTS):
        return "nothing noticed it"
    return None


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        directory = pathlib.Path(name)
        objects = {path: directory / f"{path.stem}.o" for path in [*SOURCES, *TESTS]}
        for built in pool.map(compile_one, objects.keys(), objects.values()):
            if built.returncode:
                sys.exit(built.stderr)
        sources = [objects[path] for path in SOURCES]
        whole = [pool.submit(test_fails, objects[test], sources, directory / test.stem) for test in TESTS]
        for mutant, wrong in zip(MUTANTS, pool.map(lambda n: try_mutant(directory, n, objects), range(len(MUTANTS)))):
            print(f"not ok {mutant[0]}: {wrong}" if wrong else f"ok {mutant[0]}", flush=True)
            failed += wrong is not None
        for test in whole:
            if test.result():
                sys.exit(f"not ok without a mutant\n{test.result()[-2000:]}")
    print(f"{len(MUTANTS) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
