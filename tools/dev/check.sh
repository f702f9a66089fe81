# check.sh: the steps of ./dev check. Sourced by dev; steps.sh says how a step counts.

CHECK_STEPS='
build         420  alone  -
rules          60  1      -
layout        120  1      -
clang14       300  all    -
clang19       300  all    -
tidy          900  all    -
cppcheck      400  all    -
asan_pool     420  all    tests/unit
fuzz          300  all    tests/fuzz
asan_malloc   420  all    tests/unit
tsan          420  all    src/net/meson.build
differential  180  1      tests/differential
mutants       300  1      tests/mutants
oracle        600  1      tests/oracle
seeds         600  all    tests/sim
siege         600  all    tests/sim
coverage      590  all    tests/unit
'

# With what the fuzzer looks at, so that its targets share the build with ASan and UBSan.
SANITIZED=(-Db_lundef=false -Doptimization=1 -Ddebug=true)
ASAN=(build-asan clang-19 "${SANITIZED[@]}" -Db_sanitize=address,undefined -Dfuzz=true)
TSAN=(build-tsan clang-19 "${SANITIZED[@]}" -Db_sanitize=thread)
export ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
# The tests beside the simulated world.
SUITES=(unit replay oom io)

# tree_count BAD: the tree is one case, each bad file of it a failure.
tree_count() {
    if [ "$1" = 0 ]; then echo "1 passed, 0 failed"; else echo "0 passed, $1 failed"; fi
    [ "$1" = 0 ]
}

step_layout() {
    local bad
    bad=$(c_sources | xargs -P "$(nproc)" -n 40 clang-format-19 --dry-run -Werror 2>&1 | sed -n 's/^\([^ :]*\):[0-9]*:.*error:.*/\1/p' | sort -u)
    [ -z "$bad" ] || sed 's/^/not ok /; s/$/: .\/dev fmt lays it out/' <<<"$bad"
    tree_count "$(grep -c . <<<"$bad")"
}

# Whether it compiles without a warning, so without optimization. All errors at once: -k 0.
compiles() { configure "build-$1$2" "$1-$2" -Dwerror=true -Doptimization=0 && ninja -k 0 -C "build-$1$2"; }
step_clang14() { compiles clang 14; }
step_clang19() { compiles clang 19; }

# Files of src that the build knows, one a line; generated ones are not ours to judge.
compiled_sources() {
    python3 -c '
import json, os
for entry in json.load(open("build-clang19/compile_commands.json")):
    path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
    path = os.path.relpath(path)
    if path.startswith("src/") and path.endswith(".c"):
        print(path)' | sort -u
}

# tidy NODES: clang-tidy on every file of src. Nodes is how far clang's analyzer follows a function's paths; its own
# default takes three times as long. The longest files go first, so that no core waits for the last one.
tidy() {
    step_clang19 # also makes the generated headers; what does not compile is an error of clang-tidy too
    mkdir -p build/log/tidy
    rm -f build/log/tidy/*
    compiled_sources | xargs ls -S | NODES=$1 xargs -P "$(nproc)" -I{} bash -c '
        log=build/log/tidy/$(echo "$1" | tr / _)
        clang-tidy-19 -p build-clang19 --quiet --extra-arg=-Xclang --extra-arg=-analyzer-config \
            --extra-arg=-Xclang --extra-arg=max-nodes=$NODES "$1" >"$log" 2>/dev/null && exit
        grep -E "error:" "$log" | sed "s|^$PWD/||; s|^\.\./||; s/^/not ok /" | grep . || echo "not ok $1: clang-tidy-19 broke off"
        ' _ {} | sort -u >build/log/tidy/all
    grep '^not ok' build/log/tidy/all
    tree_count "$(sed -n 's/^not ok \([^:]*\):.*/\1/p' build/log/tidy/all | sort -u | wc -l)"
}
step_tidy() { tidy 50000; }

# The proof of limits on their way, with one step of it taken away at a time: the unit test has to fail.
step_mutants() { python3 tests/mutants/run.py; }

step_cppcheck() {
    step_clang19
    mkdir -p build/cppcheck
    cppcheck --project=build-clang19/compile_commands.json --cppcheck-build-dir=build/cppcheck \
        --enable=warning,performance,portability --inline-suppr --suppress='*:build*' \
        --suppress=missingIncludeSystem --suppressions-list=tools/cppcheck.txt \
        --file-filter='src/*' --error-exitcode=1 --quiet -j "$(nproc)" --template='not ok {file}:{line}: {id}: {message}'
}

# inside FOLDER SUITE…: these suites and four seeds of the simulated world, beside each other: the suites mostly wait.
inside() {
    local folder=$1 TIME_FACTOR=8
    {
        counted meson_suite "$@" &
        counted world_seeds "$folder" 1 4
        wait
    } | sum_counts
}

# The second build differs from the first in the arena alone, so it is the same folder.
step_asan_pool() { build_in "${ASAN[@]}" && inside build-asan "${SUITES[@]}"; }
step_asan_malloc() { build_in "${ASAN[@]}" -Darena=malloc && inside build-asan unit replay; }
# What has threads; the core and its simulated world have none.
step_tsan() {
    build_in "${TSAN[@]}" || return 1
    local TIME_FACTOR=8
    {
        counted meson_suite build-tsan threads &
        counted python3 tests/integration/run.py --voltd build-tsan/voltd --slow 4 session connections storage
        wait
    } | sum_counts
}

step_differential() { ninja -C build tests/differential/verdict && node tests/differential/run.mjs build/tests/differential/verdict 1 10; }
# Plans of energy against two LP solvers.
step_oracle() {
    ninja -C build tests/oracle/plan || return 1
    {
        counted build/tests/oracle/plan 1 900
        counted node tests/oracle/highs.mjs build/tests/oracle/plan 1 8
    } | sum_counts
}
# sieges FOLDER HOURS SEEDS: everything that lies, one way at a time, each in the mean of these seeds.
sieges() {
    export -f counted
    export COUNT_LINE
    "$1/tests/sim/siegeworld" --names | xargs -P "$(nproc)" -I{} bash -o pipefail -c "counted $1/tests/sim/siegeworld --hours $2 --seeds $3 --attack {}" | sum_counts
}
step_siege() { sieges build 2 1-4; }
step_seeds() { world_seeds build 101 400; }

# fuzz_for SECONDS SEED: every target, from its corpus, as many at once as there are cores. Seed 0 is another one each time.
fuzz_for() {
    build_in "${ASAN[@]}" || return 1
    export -f fuzz_one tree_count
    find build-asan/tests/fuzz -maxdepth 1 -name 'fuzz_*' -type f -executable | sort |
        xargs -P "$(nproc)" -I{} bash -c "fuzz_one {} $1 $2" | sum_counts
}

# fuzz_one TARGET SECONDS SEED
fuzz_one() {
    local target=$1 seconds=$2 seed=$3 name=${1##*/fuzz_}
    local corpus=build/fuzz/$name log=build/log/fuzz-$name.log bad=0
    mkdir -p "$corpus"
    [ -d "tests/fuzz/corpus/$name" ] && cp -n "tests/fuzz/corpus/$name"/* "$corpus"/ 2>/dev/null
    if "$target" -seed="$seed" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/$name-" "$corpus" >"$log" 2>&1; then
        echo "ok $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
    else
        bad=1
        echo "not ok $name: $log"
        grep -E 'ERROR|SUMMARY|artifact' "$log"
    fi
    tree_count $bad
}
# A change is judged by the same seed as the one before it; ./dev prove looks elsewhere each time.
step_fuzz() { fuzz_for 20 1; }

# Lines of src without net, reached by all tests of ours: those in one process, and those from outside.
COVERAGE_LINES_MIN=90

# Two threads may lose a count to each other; counting by atomic operations takes ten times as long.
COVERED=(gcc -Db_coverage=true -Doptimization=1)

step_coverage() {
    local folder=build-coverage percent
    build_in $folder "${COVERED[@]}" || return 1
    find $folder -name '*.gcda' -delete
    {
        inside $folder "${SUITES[@]}" &
        counted python3 tests/integration/run.py --voltd $folder/voltd --slow 3
        wait
    } | sum_counts || return 1
    lcov --quiet --capture --directory $folder --output-file $folder/all.info 2>/dev/null
    lcov --quiet --extract $folder/all.info "$ROOT/src/*" --output-file $folder/src.info
    lcov --quiet --remove $folder/src.info "$ROOT/src/net/*" "$ROOT/src/voltd.c" --output-file $folder/core.info
    lcov --list $folder/core.info
    percent=$(lcov --summary $folder/core.info 2>&1 | sed -n 's/.*lines[.]*: \([0-9]*\)[.0-9]*%.*/\1/p')
    echo "lines of src without net that the tests reach: $percent % (at least $COVERAGE_LINES_MIN)"
    [ "${percent:-0}" -ge "$COVERAGE_LINES_MIN" ]
    tree_count $?
}
