#!/usr/bin/env python3
"""check_includes.py: the arrows between the rooms of src/ (ARCHITECTURE.md), and which room sees which system.

An include that is not in these tables is an error, and so is an arrow that nobody takes: a new edge is a decision, made here.
"""
import re

import checks

# room → what of ours it includes: rooms, or single headers of a room
ROOMS = {
    "base": [],
    "json": ["base"],
    "domain": ["base"],
    "bus": ["base"],
    "net": ["base", "bus"],
    "store": ["base", "domain"],
    "core": ["base", "domain", "store/store.h", "net/net.h"],
    "ocpp": ["base", "json", "domain", "core"],
    "access": ["base", "domain"],
    "energy": ["base"],
    "meters": ["base", "json", "bus"],
    "dispatch": ["base", "json", "domain", "core", "ocpp", "energy", "meters", "store/pack.h"],
    "api": ["base", "json", "domain", "core", "ocpp", "access", "dispatch", "store/pack.h"],
    "sim": ["base", "json", "net"],
    "node": ["base", "core", "ocpp", "access", "dispatch", "net", "store", "api"],
    "bench": ["base", "json", "domain", "ocpp", "energy", "net", "store", "node"],
    "cli": ["base", "json", "domain", "core", "access", "dispatch", "net", "store", "api", "sim", "node", "bench"],
}

# What reaches these rooms comes as an argument: no clock, file, thread or socket of their own.
PURE = {"domain", "energy", "ocpp", "dispatch"}
NOT_PURE = re.compile(r"time\.h|sys/.*|pthread\.h|stdio\.h|unistd\.h|fcntl\.h|threads\.h")

# system header → the rooms that see it
SYSTEM = [
    (re.compile(r"uv\.h"), {"net"}),
    (re.compile(r"llhttp\.h"), {"net"}),
    (re.compile(r"openssl/ssl\.h"), {"net", "bench"}),
    (re.compile(r"sys/socket\.h|netinet/.*|arpa/inet\.h|sys/epoll\.h"), {"net", "sim", "node", "bench"}),
    (re.compile(r"sqlite3\.h"), {"store"}),
    (re.compile(r"zstd\.h"), {"store"}),
    (re.compile(r"zlib\.h"), {"net", "bench"}),
    (re.compile(r"argon2\.h"), {"access"}),
    (re.compile(r"modbus\.h|modbus/.*|mosquitto\.h"), {"meters"}),
]

PAGE = "ARCHITECTURE.md"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def room_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else None  # src/voltd.c wires all rooms together


def find(path, text):
    if path == PAGE:
        yield from of_page(text)
        return
    room = room_of(path)
    for match in INCLUDE.finditer(checks.without_comments(text)):
        line, ours, name = checks.line_of(text, match.start(1)), match[1] == '"', match[2]
        for pattern, rooms in SYSTEM:
            if pattern.fullmatch(name) and room not in rooms:
                yield line, f"<{name}> belongs to {' and '.join(sorted(rooms))}"
        if room in PURE and not ours and NOT_PURE.fullmatch(name):
            yield line, f"{room}/ gets time, files, threads and sockets as arguments: no <{name}>"
        if not ours or room is None:
            continue
        target = name.split("/")[0] if "/" in name else room
        if room not in ROOMS:
            yield line, f"{room}/ is a new room: add it to ROOMS"
        elif target not in ROOMS:
            continue  # a library's header in quotes, or a generated one
        elif target != room and target not in ROOMS[room] and name not in ROOMS[room]:
            yield line, f"{room}/ may not include {name}"


def of_page(text):
    """Every room has a row there; and every arrow of ROOMS is taken by somebody."""
    taken = {(room_of(path), name) for path in sources
             for _, name in INCLUDE.findall(checks.without_comments(checks.read(path))) if "/" in name}
    for room, targets in ROOMS.items():
        if not re.search(rf"^\|[^|]*`{room}`[^|]*\|", text, re.M):
            yield 1, f"{room}/ has no row in {PAGE}"
        for target in targets:
            if not any(who == room and (name == target or name.startswith(target + "/")) for who, name in taken):
                yield 1, f"{room}/ includes nothing of {target}: take the arrow out of ROOMS"


SELF_TESTS = [
    ("src/base/a.c", '#include "base/str.h"\n#include <time.h>\n', 0),
    ("src/base/a.c", '#include "core/turn.h"\n', 1),
    ("src/core/a.c", '#include "store/store.h"\n#include "net/net.h"\n', 0),
    ("src/core/a.c", '#include "store/sqlite/sqlite.h"\n', 1),
    ("src/domain/a.c", "#include <time.h>\n#include <sys/time.h>\n", 2),
    ("src/domain/a.c", "/* #include <time.h> */\n#include <string.h>\n", 0),
    ("src/api/a.c", "#include <uv.h>\n", 1),
    ("src/ocpp/v16/a.c", '#include "api/api.h"\n', 1),
    ("src/ocpp/v16/a.c", '#include "core/turn.h"\n#include "on_boot.h"\n', 0),
    ("src/store/a.c", '#include "core/log.h"\n', 1),
    ("src/cellar/a.c", '#include "base/str.h"\n', 1),
    ("ARCHITECTURE.md", "", len(ROOMS)),
    ("src/voltd.c", '#include "api/api.h"\n#include "net/net.h"\n', 0),
]

sources = [p for p in checks.tracked(".c", ".h", ".def") if p.startswith("src/")]

if __name__ == "__main__":
    checks.main(find, [PAGE, *sources], SELF_TESTS)
