# check.sh: the steps of ./dev check. Sourced by dev; steps.sh says how a step counts.

CHECK_STEPS='
build         420  -
rules          60  -
layout         60  -
clang14       300  -
clang19       300  -
tidy          900  -
cppcheck      240  -
asan_pool     420  tests/unit
asan_malloc   420  tests/unit
tsan          420  src/net/meson.build
differential  180  tests/differential
oracle        300  tests/oracle
mutants       400  tests/mutants
seeds         600  tests/sim
fuzz          300  tests/fuzz
coverage      590  tests/unit
'

SANITIZED=(-Db_lundef=false -Doptimization=1 -Ddebug=true)
export ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
# The tests beside the simulated world: those that also run under each sanitizer.
SUITES=(unit replay oom io)

# tree_count BAD: the tree is one case, each bad file of it a failure.
tree_count() {
    if [ "$1" = 0 ]; then echo "1 passed, 0 failed"; else echo "0 passed, $1 failed"; fi
    [ "$1" = 0 ]
}

step_layout() {
    local file bad=0
    while read -r file; do
        clang-format-19 --dry-run -Werror "$file" 2>/dev/null && continue
        bad=$((bad + 1))
        echo "not ok $file: ./dev fmt lays it out"
    done < <(c_sources)
    tree_count "$bad"
}

# All errors at once: -k 0.
step_clang14() { configure build-clang14 clang-14 -Dwerror=true && ninja -k 0 -C build-clang14; }
step_clang19() { configure build-clang19 clang-19 -Dwerror=true && ninja -k 0 -C build-clang19; }

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

step_tidy() {
    step_clang19 # also makes the generated headers; what does not compile is an error of clang-tidy too
    mkdir -p build/log/tidy
    rm -f build/log/tidy/*
    compiled_sources | xargs -P "$(nproc)" -I{} bash -c '
        log=build/log/tidy/$(echo "$1" | tr / _)
        if clang-tidy-19 -p build-clang19 --quiet "$1" >"$log" 2>/dev/null; then echo ok; else
            grep -E "error:" "$log" | sed "s|^$PWD/||; s|^\.\./||; s/^/not ok /" | sort -u; fi' _ {} | sort -u >build/log/tidy/all
    grep '^not ok' build/log/tidy/all
    tree_count "$(sed -n 's/^not ok \([^:]*\):.*/\1/p' build/log/tidy/all | sort -u | wc -l)"
}

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

sanitized() {
    local folder=$1
    shift
    local TIME_FACTOR=5
    build_in "$folder" clang-19 "${SANITIZED[@]}" "$@" || return 1
    {
        counted meson_suite "$folder" "${SUITES[@]}"
        if [ -d tests/sim ]; then counted world_seeds "$folder" 1 4; fi
    } | sum_counts
}

step_asan_pool() { sanitized build-asan-pool -Db_sanitize=address,undefined; }
step_asan_malloc() { sanitized build-asan-malloc -Db_sanitize=address,undefined -Darena=malloc; }
step_tsan() { sanitized build-tsan -Db_sanitize=thread; }

step_differential() { ninja -C build tests/differential/verdict && node tests/differential/run.mjs build/tests/differential/verdict 1 10; }
# Plans of energy against two LP solvers.
step_oracle() {
    ninja -C build tests/oracle/plan || return 1
    {
        counted build/tests/oracle/plan 1 300
        counted node tests/oracle/highs.mjs build/tests/oracle/plan 1 8
    } | sum_counts
}
step_seeds() { world_seeds build 101 400; }

# fuzz_for SECONDS: every target, from its corpus.
fuzz_for() {
    local seconds=$1 target name corpus good=0 bad=0
    build_in build-fuzz clang-19 -Dfuzz=true -Db_lundef=false -Db_sanitize=address,undefined || return 1
    for target in build-fuzz/tests/fuzz/fuzz_*; do
        [ -f "$target" ] && [ -x "$target" ] || continue
        name=${target##*/fuzz_}
        corpus=build/fuzz/$name
        mkdir -p "$corpus"
        [ -d "tests/fuzz/corpus/$name" ] && cp -n "tests/fuzz/corpus/$name"/* "$corpus"/ 2>/dev/null
        if "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="build/fuzz/$name-" "$corpus" >"build/log/fuzz-$name.log" 2>&1; then
            good=$((good + 1))
            echo "ok $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/log/fuzz-$name.log") runs"
        else
            bad=$((bad + 1))
            echo "not ok $name: build/log/fuzz-$name.log"
            grep -E 'ERROR|SUMMARY|artifact' "build/log/fuzz-$name.log"
        fi
    done
    echo "$good passed, $bad failed"
    [ "$bad" = 0 ]
}
step_fuzz() { fuzz_for 20; }

# Lines of src without net, reached by all tests of ours: those in one process, and those from outside.
COVERAGE_LINES_MIN=87

# Two threads may lose a count to each other; counting by atomic operations takes ten times as long.
COVERED=(gcc -Db_coverage=true -Doptimization=1)

step_coverage() {
    local folder=build-coverage percent TIME_FACTOR=5
    build_in $folder "${COVERED[@]}" || return 1
    find $folder -name '*.gcda' -delete
    {
        counted meson_suite $folder "${SUITES[@]}"
        counted world_seeds $folder 1 4
        counted python3 tests/integration/run.py --voltd $folder/voltd --slow 3
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
