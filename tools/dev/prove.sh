# prove.sh: the steps of ./dev prove, which take hours. Sourced by dev; steps.sh says how a step counts.

PROVE_STEPS='
build          420  alone  -
many_kills    3600  alone  build/voltd
storm          300  alone  build/voltd
many_seeds   14400  all    tests/sim
many_worlds   1200  all    tests/unit
many_clamps   7200  1      tests/sim
many_sieges   7200  all    tests/sim
long_fuzz    14400  all    tests/fuzz
analyzer      3600  all    -
tidy_deep     3600  all    -
outside_asan  3600  all    build/voltd
outside_tsan  3600  all    build/voltd
'

step_many_kills() { python3 tests/integration/kills.py --voltd build/voltd --kills 200; }
step_storm() { python3 tests/integration/storm.py --voltd build/voltd --stations 3000 --within 30; }
# The properties of energy/ over all their random worlds; ./dev test does a tenth of them.
step_many_worlds() { VOLTD_LONG=1 TIME_FACTOR=10 meson_suite build unit; }
step_many_seeds() { world_seeds build 1001 11000; }
step_many_clamps() { build/tests/sim/clampworld --hours 8 --seeds 101-400; }
step_many_sieges() { sieges build 6 101-120; }
step_long_fuzz() { fuzz_for 600 0; }
# Four times as far as clang-tidy looks by itself.
step_tidy_deep() { tidy 900000; }
step_analyzer() { build_in build-analyzer gcc -Dc_args=-fanalyzer -Dwerror=true; }

# The tests from outside against a server under a sanitizer.
outside() { build_in "$@" && python3 tests/integration/run.py --voltd "$1/voltd" --slow 4; }
step_outside_asan() { outside "${ASAN[@]}"; }
step_outside_tsan() { outside "${TSAN[@]}"; }
