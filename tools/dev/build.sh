# build.sh: the build folders. Sourced by dev.

# configure FOLDER COMPILER OPTION…: sets the folder up, or again when compiler or options changed.
configure() {
    local folder=$1 compiler=$2
    shift 2
    local wanted="$compiler $*"
    if [ -f "$folder/build.ninja" ] && [ "$(cat "$folder/.voltd-options" 2>/dev/null)" = "$wanted" ]; then
        return 0
    fi
    # From scratch: meson keeps the options of before even with --wipe.
    rm -rf "$folder"/meson-private "$folder"/meson-info "$folder"/build.ninja
    CC=$compiler meson setup "$folder" "$@" && echo "$wanted" >"$folder/.voltd-options"
}

build_in() {
    configure "$@" && ninja -C "$1"
}

RELEASE=(build gcc -Dwerror=true)

# Only the program, and quiet when all goes well: people wait for it, not for its tests and its compiler.
build_release() {
    mkdir -p build/log
    if [ ! -x build/voltd ]; then echo "building build/voltd (build/log/build.log)"; fi
    if ! { configure "${RELEASE[@]}" && ninja -C build voltd; } >build/log/build.log 2>&1 </dev/null; then
        tail -40 build/log/build.log >&2
        echo "dev: the build failed" >&2
        return 1
    fi
    [ -x build/voltd ] || {
        echo "dev: the build made no build/voltd" >&2
        return 1
    }
}

c_sources() {
    # What the generator is held against stands as it writes it.
    git ls-files --cached --others --exclude-standard '*.c' '*.h' ':!tests/generator'
}

run_bench() {
    if [ $# -gt 0 ]; then build/voltd bench "$@"; else build/voltd bench all --json build/bench.json; fi
}
