# test.sh: the steps of ./dev test. Sourced by dev; steps.sh says how a step counts.

TEST_STEPS='
build         420  alone  -
integration   480  1      build/voltd
faults        300  0      suite:oom
unit          120  1      tests/unit
replay        120  1      suite:replay
rules          60  1      -
clamp         120  1      tests/sim
web           240  1      web/package.json
pages         600  1      tests/pages
kills         240  0      build/voltd
clients       180  0      build/voltd
sim           300  all    tests/sim
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
