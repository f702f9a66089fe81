# steps.sh: runs a table of steps and counts what passed. Sourced by dev.
#
# A table has lines "name  seconds  cores  needs": the function step_NAME runs for at most so long, when what it needs
# is there: a path, `suite:NAME` (a suite that meson knows), or - for nothing. Its output goes to
# build/log/NAME.log and is shown when it fails. A step counts its cases by ending its output with the line
# "N passed, N failed"; one that prints no such line is a single case.
#
# Cores is what it keeps busy: all, 1, or 0 when it mostly waits; steps begin in the order of the table, as long as
# the cores suffice, so that those which wait run beside those which compute. Before and after `alone` none other runs.

COUNT_LINE='^[0-9]+ passed, [0-9]+ failed$'

has() {
    case $1 in
    -) return 0 ;;
    suite:*) meson introspect --tests build 2>/dev/null |
        python3 -c 'import json,sys; sys.exit(not any(sys.argv[1] in t["suite"] or "voltd:"+sys.argv[1] in t["suite"] for t in json.load(sys.stdin)))' "${1#suite:}" ;;
    *) compgen -G "$1" >/dev/null ;;
    esac
}

run_steps() {
    local name limit cores needs passed=0 failed=0 busy=0 all pid left_out=() broken=
    local -A name_of=() limit_of=() cores_of=() began_of=()
    all=$(nproc)
    mkdir -p build/log
    trap 'kill "${!name_of[@]}" 2>/dev/null' EXIT
    while read -r name limit cores needs; do
        [ -n "$name" ] || continue
        if ! has "$needs"; then
            left_out+=("$name")
            continue
        fi
        [ "$cores" = all ] && cores=$all
        while [ ${#name_of[@]} -gt 0 ] && { [ "$cores" = alone ] || ((cores > 0 && busy + cores > all)); }; do end_of_one; done
        begin_step
        [ "$cores" = alone ] && end_of_one
        # Without a program there is nothing that the other steps could tell.
        [ -n "$broken" ] && break
    done <<<"$1"
    while [ ${#name_of[@]} -gt 0 ]; do end_of_one; done
    trap - EXIT
    [ ${#left_out[@]} = 0 ] || echo "not here, so not run: ${left_out[*]}"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# The next two work on the variables of run_steps. Those that compute on all cores let the others go first: they
# measure times, or somebody waits for them.
begin_step() {
    local polite=()
    [ "$cores" = "$all" ] && polite=(nice -n 5)
    timeout -k 10 "$limit" "${polite[@]}" "$ROOT/dev" step "$name" >"build/log/$name.log" 2>&1 </dev/null &
    pid=$!
    name_of[$pid]=$name limit_of[$pid]=$limit began_of[$pid]=$SECONDS cores_of[$pid]=${cores/alone/$all}
    busy=$((busy + cores_of[$pid]))
}

end_of_one() {
    local ended status=0 name p f
    wait -n -p ended "${!name_of[@]}" || status=$?
    name=${name_of[$ended]}
    read -r p f < <(count_of "build/log/$name.log" "$status")
    passed=$((passed + p)) failed=$((failed + f)) busy=$((busy - cores_of[$ended]))
    printf '%-14s %6d passed %4d failed %5d s\n' "$name" "$p" "$f" $((SECONDS - began_of[$ended]))
    [ "$f" = 0 ] || show_failure "$name" "$status" "${limit_of[$ended]}"
    [[ $name == build && $f != 0 ]] && broken=1
    unset "name_of[$ended]" "limit_of[$ended]" "began_of[$ended]" "cores_of[$ended]"
}

# count_of LOG STATUS: "passed failed". A status that is not 0 is a failure, whatever the line says.
count_of() {
    local line p=0 f=0
    line=$(grep -E "$COUNT_LINE" "$1" | tail -1)
    if [ -n "$line" ]; then
        read -r p _ f _ <<<"$line"
    elif [ "$2" = 0 ]; then
        p=1
    fi
    [ "$2" != 0 ] && [ "$f" = 0 ] && f=1
    echo "$p $f"
}

show_failure() {
    [ "$2" = 124 ] && echo "    $1 took longer than $3 s and was ended"
    grep -E '^not ok|FAILED|ERROR|error:|runtime error' "build/log/$1.log" | head -30 | cut -c1-400 | sed 's/^/    /'
    tail -25 "build/log/$1.log" | cut -c1-400 | sed 's/^/    | /'
    echo "    build/log/$1.log has all of it"
}

# chosen_steps TABLE NAME…: the rows of these names, all of them without one.
chosen_steps() {
    local table=$1 name
    shift
    [ $# = 0 ] && { printf '%s' "$table"; return 0; }
    for name; do
        grep -E "^$name " <<<"$table" || {
            echo "dev: check has no step '$name'; ./dev steps lists them" >&2
            return 2
        }
    done
}

all_steps() {
    printf '%s\n' "$TEST_STEPS" "$CHECK_STEPS" "$PROVE_STEPS" | awk 'NF { print $1 }' | sort -u
}

list_steps() {
    local table
    for table in TEST CHECK PROVE; do
        echo "${table,,}: $(eval "printf '%s' \"\$${table}_STEPS\"" | awk 'NF { printf "%s ", $1 }')"
    done
}

run_one_step() {
    local name=${1:-}
    [ $# -gt 0 ] && shift
    if ! all_steps | grep -qx -- "$name"; then
        echo "dev: no step '$name'; ./dev steps lists them" >&2
        exit 2
    fi
    mkdir -p build/log
    "step_$name" "$@"
}

# meson_suite FOLDER SUITE…: runs the suites and counts their cases, not their programs. Two to a core, since some wait.
meson_suite() {
    local folder=$1 suite arguments=() status=0 log
    shift
    # A log of its own: another step may run other suites in the same folder now.
    log=$(IFS=-; echo "$*")
    for suite; do arguments+=(--suite "$suite"); done
    VOLTD_SLOW=${TIME_FACTOR:-1} meson test -C "$folder" --logbase "$log" --no-rebuild --num-processes $((2 * $(nproc))) --print-errorlogs -t "${TIME_FACTOR:-1}" "${arguments[@]}" || status=$?
    python3 tools/dev/count_tests.py "$folder/meson-logs/$log.json" || status=1
    return $status
}

# world_seeds FOLDER FIRST LAST: the simulated world for these seeds, on all cores, ten at a time. A seed that fails ends
# its ten and prints how to run it again.
world_seeds() {
    local from
    export -f counted
    export COUNT_LINE
    for ((from = $2; from <= $3; from += 10)); do
        echo "$1/tests/sim/simworld --hours 3 --seeds $from-$((from + 9 < $3 ? from + 9 : $3))"
    done | xargs -P "$(nproc)" -I{} bash -o pipefail -c 'counted {}' | sum_counts
}

# counted COMMAND…: its output, ended by a count line in any case; for steps that sum several commands.
counted() {
    local log status=0
    log=$(mktemp)
    "$@" 2>&1 | tee "$log" || status=$?
    if ! grep -qE "$COUNT_LINE" "$log" || [[ $status != 0 ]] && ! grep -qE '^[0-9]+ passed, [1-9]' "$log"; then
        if [ $status = 0 ]; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; fi
    fi
    rm -f "$log"
}

# Adds up the count lines of what it reads, as comments, and ends with their sum.
sum_counts() {
    awk '/^[0-9]+ passed, [0-9]+ failed$/ { p += $1; f += $3; printf "# " } { print; fflush() }
         END { printf "%d passed, %d failed\n", p, f; exit (f > 0 || p == 0) }'
}
