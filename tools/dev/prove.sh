# prove.sh: the steps of ./dev prove, which take hours. Sourced by dev; steps.sh says how a step counts.

PROVE_STEPS='
build          420  -
many_kills    3600  build/voltd
many_seeds   14400  tests/sim
long_fuzz    14400  tests/fuzz
analyzer      3600  -
'

step_many_kills() { python3 tests/integration/kills.py --voltd build/voltd --kills 200; }
step_many_seeds() { world_seeds build 1001 11000; }
step_long_fuzz() { fuzz_for 600; }
step_analyzer() { build_in build-analyzer gcc -Dc_args=-fanalyzer -Dwerror=true; }
