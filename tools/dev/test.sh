# test.sh: the steps of ./dev test. Sourced by dev; steps.sh says how a step counts.

TEST_STEPS='
build         420  -
rules          60  -
unit          120  tests/unit
replay        120  suite:replay
faults        300  suite:oom
sim           240  tests/sim
clamp         120  tests/sim
integration   480  build/voltd
clients       180  build/voltd
kills         240  build/voltd
web           120  web/package.json
pages         480  tests/pages
'

step_build() { build_in "${RELEASE[@]}"; }
# Each check first shows that it can fail, then looks at the tree.
step_rules() {
    local script
    for script in tools/check_*.py tools/measure.py; do
        counted python3 "$script" --self-test
        counted python3 "$script"
    done | sum_counts
}
step_unit() { meson_suite build unit; }
step_replay() { meson_suite build replay; }
step_faults() { meson_suite build oom io; }
step_sim() { world_seeds build 1 100; }
step_clamp() { build/tests/sim/clampworld --hours 2 --seeds 1-10; }
step_integration() { python3 tests/integration/run.py --voltd build/voltd; }
step_clients() { node tests/clients/run.mjs build/voltd; }
step_kills() { python3 tests/integration/kills.py --voltd build/voltd --kills 30; }

# The types of the pages, then their unit tests, as node counts them.
step_web() {
    (cd web && npm run --silent check) || return 1
    (cd web && npm test --silent) 2>&1 | awk '{ print } $2 == "pass" { p = $3 } $2 == "fail" { f = $3 }
        END { printf "%d passed, %d failed\n", p, f; exit (f > 0 || p == 0) }'
}
step_pages() { node tests/pages/run.mjs build/voltd; }
