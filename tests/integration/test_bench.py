#!/usr/bin/env python3
"""That each benchmark ends and tells its rows, on a load that takes seconds; docs/ has the figures."""
import gzip
import random

from harness import *

# Sessions of some made-up days at stations that the scenarios know.
WEEK = datetime.datetime(2019, 5, 6)
DAYS, CARS_A_DAY = 3, 8
NUMBERS = [308, 508, 303, 324, 325, 320, 321, 304, 512, 305, 307, 509]


def visits():
    """(start, stay in minutes, kWh, station) of these days, the same each time."""
    random.seed(1)
    for day in range(DAYS):
        for number in random.sample(NUMBERS, CARS_A_DAY):
            yield day * 1440 + random.randrange(6 * 60, 12 * 60), random.randrange(60, 480), random.randrange(3, 25), f"CA-{number}"


def as_table(name):
    """Like the tables of ACN-Data: local times with their offset."""
    def clock(minutes):
        return (WEEK + datetime.timedelta(minutes=minutes)).isoformat(" ") + "-07:00"

    path = os.path.join(temp_dir(), name)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("arrival,departure,delivered_energy (kWh),station_id\n")
        for start, stay, kwh, station in visits():
            file.write(f"{clock(start)},{clock(start + stay)},{kwh},{station}\n")
    return path


def as_events(name):
    """Like the events of ACN-Sim: periods of five minutes, objects that name each other by number."""
    objects, events = {}, []
    for number, (start, stay, kwh, station) in enumerate(visits()):
        objects[f"{number}e"] = {"class": "acnportal.acnsim.models.ev.EV", "attributes": {
            "_arrival": start // 5, "_departure": (start + stay) // 5, "_station_id": station, "_requested_energy": kwh,
            "_session_id": f"2_39_{number}_{WEEK + datetime.timedelta(minutes=start)}"}}
        objects[f"{number}p"] = {"class": "acnportal.acnsim.events.event.PluginEvent", "attributes": {"timestamp": start // 5, "ev": f"{number}e"}}
        events.append([start // 5, f"{number}p"])
    path = os.path.join(temp_dir(), name)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump({"id": "0", "context_dict": objects, "_queue": events}, file)
    return path


def as_series(name, forecasts=3):
    """Marginal CO2 by five minutes: much in the morning, little at noon."""
    path = os.path.join(temp_dir(), name)
    start = datetime.datetime(2019, 5, 4)
    kg = [0.45 if time % 288 < 228 else 0.05 for time in range(288 * (DAYS + 4))]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(",".join(["time", "moer", *(f"f{ahead + 1}" for ahead in range(forecasts))]) + "\n")
        for time in range(len(kg) - forecasts):
            at = (start + datetime.timedelta(minutes=5 * time)).isoformat(" ") + "+00:00"
            file.write(",".join([at, *map(str, kg[time:time + forecasts + 1])]) + "\n")
    return path


def rows_of(name, *args, timeout=300):
    path = os.path.join(temp_dir(), "bench.json")
    done = voltd("bench", name, *args, "--json", path, timeout=timeout)
    equal(done.returncode, 0, f"exit code ({done.stdout.strip()[-300:]} {done.stderr.strip()[-300:]})")
    with open(path, encoding="utf-8") as file:
        told = json.load(file)
    equal(told["bench"], name, "bench")
    expect(told["version"] and told["machine"] and told["rows"], told)
    for row in told["rows"]:
        equal(set(row), {"case", "metric", "value", "unit"}, "members of a row")
    return told["rows"]


@table([("codec", "codec"), ("store", "store"), ("messages", "messages"), ("idle", "idle")])
def a_benchmark_tells_its_figures_as_json(name):
    rows_of(name, "--connections", "20", "--rounds", "1", "--seconds", "1")


@table([
    ("a transformer, three phases", "acn-mar19-3ph", as_events),
    ("one line", "acn-mar19-1ph", as_events),
    ("currents that can be set", "acn-mar19-3ph-q", as_events),
    ("batteries and currents", "acn-mar19-batt-q", as_events),
    ("a summer", "acn-2019", as_table),
    ("what a site earns", "acn-2019-profit", as_table),
    ("what a real site earns", "acn-2019-profit-real", as_table),
    ("how even its load is", "flat-2019", as_table),
    ("an office from a seed", "office-8", None),
])
def power_is_shared_within_every_limit(scenario, make):
    name = {as_events: "caltech-2019-03.json.gz", as_table: "caltech-2019-05-08.csv.gz"}.get(make)
    sessions = ["--sessions", make(name)] if make else []
    rows = rows_of("energy", "--scenario", scenario, *sessions)
    own = [row for row in rows if row["case"].startswith(f"{scenario}/voltd")]
    expect(own, "rows of voltd", rows)
    for row in rows:
        if row["metric"] == "violations" and "uncontrolled" not in row["case"]:
            equal(row["value"], 0, f"{row['case']} violations")


@case
def energy_is_taken_when_it_has_little_co2():
    rows = rows_of("energy", "--scenario", "co2-2019", "--sessions", as_table("caltech-2019-05-08.csv.gz"),
                   "--sessions", as_series("moer-sce-2019-05.csv.gz"))
    told = {(row["case"], row["metric"]): row["value"] for row in rows}
    grams = {case: value for (case, metric), value in told.items() if metric == "co2_g_per_kwh"}
    cases = {f"co2-2019/{rule}" for rule in ["voltd-plan", "voltd-plan-foreseen", "clairvoyant", "voltd", "uncontrolled", "fcfs", "edf", "llf", "rr", "equal"]}
    equal(set(grams), cases, "cases")
    # Every day is like the one before: the days before say all that a forecast could.
    expect(grams["co2-2019/voltd-plan"] < grams["co2-2019/fcfs"] / 1.2, grams)
    # What is left is the reserve: cars are ready a quarter of an hour and a tenth of their time before they go.
    expect(grams["co2-2019/voltd-plan"] < grams["co2-2019/clairvoyant"] * 1.15, grams)
    for case, metric in told:
        if metric == "violations" and "uncontrolled" not in case:
            equal(told[case, metric], 0, f"{case} violations")


@table([
    ("no columns", "when,what\n1,2\n"),
    ("no rows", "time,moer\n"),
    ("no number", "time,moer\n2019-05-06 00:00:00+00:00,much\n"),
    ("grams for kilograms", "time,moer\n2019-05-06 00:00:00+00:00,220\n"),
    ("no time", "time,moer\nyesterday,0.2\n"),
    ("a time that goes back", "time,moer\n2019-05-06 00:00:00+00:00,0.2\n2019-05-05 00:00:00+00:00,0.2\n"),
])
def a_series_that_cannot_be_read_is_named(text):
    path = os.path.join(temp_dir(), "moer-sce-2019-05.csv.gz")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = voltd("bench", "energy", "--scenario", "co2-2019", "--sessions", as_table("caltech-2019-05-08.csv.gz"), "--sessions", path)
    equal(done.returncode, 1, f"exit code ({done.stdout} {done.stderr})")
    expect(path in done.stderr and "moer" in done.stderr, done.stderr)


@case
def without_a_name_benchmarks_and_scenarios_are_listed():
    done = voltd("bench")
    equal(done.returncode, 0, done.stderr)
    for name in ["messages", "energy", "acn-mar19-3ph", "co2-2019", "chaos"]:
        expect(name in done.stdout, name, done.stdout)


@case
def any_file_of_sessions_can_be_played():
    rows = rows_of("energy", "--scenario", "sessions", "--sessions", as_table("elsewhere.csv.gz"))
    expect(any(row["metric"].startswith("delivered_pct") for row in rows), rows)


@table([
    ("no file", "/nonexistent.csv", "/nonexistent.csv"),
    ("no sessions in it", os.devnull, os.devnull),
])
def a_file_that_cannot_be_played_is_named(path, word):
    done = voltd("bench", "energy", "--scenario", "sessions", "--sessions", path)
    equal(done.returncode, 1, f"exit code ({done.stdout} {done.stderr})")
    expect(word in done.stderr, done.stderr)


if __name__ == "__main__":
    run()
