# install.sh: what must be on the machine, and how it gets there. Sourced by dev.

# group, package, a command that serves as well (- for none), why
PACKAGES='
run    gcc               -      compiles voltd
run    meson             -      describes the build
run    ninja-build       -      runs the build
run    pkg-config        -      finds the libraries
run    python3           -      generators and checks
run    python3-yaml      -      reads contracts/openapi.yaml
run    tzdata            -      time zones and their summer times, built in
run    libuv1-dev        -      event loop
run    libssl-dev        -      TLS and cryptography
run    libsqlite3-dev    -      embedded database
run    zlib1g-dev        -      permessage-deflate
run    libzstd-dev       -      compresses the message log
run    libargon2-dev     -      hashes passwords of people
run    libsodium-dev     -      constant-time comparison, random secrets
run    libinih-dev       -      reads voltd.conf
run    libmodbus-dev     -      asks site meters
run    libmosquitto-dev  -      listens to site meters
run    node-llhttp       -      HTTP/1.1 grammar (its C sources)
run    brotli            -      compresses the web pages that voltd carries
run    libcmocka-dev     -      unit tests, which the build describes too
run    nodejs            node   builds the web pages, reads the OCPP schemas
run    npm               npm    fetches the OCPP schemas and web libraries
run    ca-certificates   -      trusts the registry that npm asks
test   git               git    lists the files that the checks look at
test   openssl           -      makes certificates for tests
test   mosquitto         -      a broker for meters that speak MQTT
test   mosquitto-clients -     says to that broker what a meter would
test   python3-pymodbus  -      a meter that speaks Modbus
test   strace            -      makes writes fail on purpose
test   chromium          -      looks at the pages
check  clang-14          -      the older compiler
check  clang-19          -      the newer compiler, sanitizers, fuzzing
check  libclang-rt-19-dev -     the sanitizers themselves
check  clang-tidy-19     -      analysis
check  clang-format-19   -      layout
check  cppcheck          -      analysis
check  coinor-libclp-dev -      solves plans of energy as linear programs
check  lcov              -      coverage
'

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "dev: this needs root: $*" >&2
        return 1
    fi
}

is_installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed'
}

# need_packages GROUP…: installs what these groups lack; says nothing when all is there.
need_packages() {
    local group package instead why missing=()
    while read -r group package instead why; do
        [[ -n $group && " $* " == *" $group "* ]] || continue
        [ "$instead" != - ] && command -v "$instead" >/dev/null && continue
        is_installed "$package" && continue
        missing+=("$package")
        printf 'installing %-18s %s\n' "$package" "$why"
    done <<<"$PACKAGES"
    [ ${#missing[@]} = 0 ] && return 0
    apt_install "${missing[@]}"
}

apt_install() {
    mkdir -p build/log
    local log=build/log/apt.log
    if ! apt_try "$@" >"$log" 2>&1; then
        # The lists may be missing (a fresh image) or older than the mirror.
        as_root apt-get -qq update >>"$log" 2>&1
        apt_try "$@" >>"$log" 2>&1
    fi || {
        tail -20 "$log" >&2
        echo "dev: apt could not install: $* (build/log/apt.log has the whole story)" >&2
        return 1
    }
}

apt_try() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@" </dev/null
}

# need_npm FOLDER…: what each package-lock.json names. Package scripts do not run.
need_npm() {
    local folder
    for folder; do
        [ -f "$folder/package-lock.json" ] || continue
        cmp -s "$folder/package-lock.json" "$folder/node_modules/.voltd-lock" && continue
        echo "installing npm packages of $folder/package.json"
        mkdir -p build/log
        if ! (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund) >build/log/npm.log 2>&1 </dev/null; then
            tail -20 build/log/npm.log >&2
            echo "dev: npm could not install the packages of $folder/package.json" >&2
            return 1
        fi
        cp "$folder/package-lock.json" "$folder/node_modules/.voltd-lock"
    done
}
