#!/usr/bin/env python3
"""The store alone, without a server: killed, on a full disk, with failing writes and syncs (rules.md: durable).

store_writer commits and says what was acknowledged. After each fault everything acknowledged must be there, all or
nothing of each commit, and the file must be sound. STORE_KILLS says how often it is killed.
"""
import random

from harness import *

WRITER = os.path.join(os.path.dirname(VOLTD), "tests", "integration", "store_writer")
KILLS = int(os.environ.get("STORE_KILLS", "100"))


class Writer:
    """One run of store_writer; its lines are read as they come."""

    def __init__(self, path, count=1000000, size=2000, pause_ms=0, wrap=()):
        self.acked, self.lines = 0, []
        self.process = subprocess.Popen([*wrap, WRITER, "write", path, str(count), str(size), str(pause_ms)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "acked":
                self.acked = int(rest)
            else:
                self.lines.append(line.strip())

    def has(self, word):
        return next((line for line in self.lines if line.startswith(word)), None)

    def wait_acked(self, count, seconds=20):
        eventually(lambda: self.acked >= count or self.process.poll() is not None, f"{count} commits", seconds)

    def end(self, seconds=60):
        code = self.process.wait(seconds * SLOW)
        self.reader.join()
        expect(not self.process.stderr.read(), "nothing on stderr")
        return code

    def kill(self):
        self.process.kill()
        self.end()


def run_writer(*args):
    done = subprocess.run([WRITER, *map(str, args)], capture_output=True, text=True, timeout=120 * SLOW)
    equal(done.returncode, 0, f"{args[0]}: {done.stdout.strip()[:500]} {done.stderr.strip()[:200]}")


def check_all(path, acked):
    run_writer("check", path, acked)
    run_writer("verify", path)


@contextlib.contextmanager
def directory():
    path = temp_dir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def small_disk(megabytes):
    """A file system that can be filled; needs root."""
    with directory() as path:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path], check=True, capture_output=True)
        try:
            yield path
        finally:
            subprocess.run(["umount", "-l", path], check=True, capture_output=True)


def inject(call, fault, when, only=None):
    """Lets system calls fail, on the file `only` where one is given."""
    return ["strace", "-f", "-qq", "-o", "/dev/null", *(["-P", only] if only else []), "-e", f"trace={call}",
            "-e", f"inject={call}:error={fault}:when={when}"]


@case
def nothing_acknowledged_is_lost_when_it_is_killed_at_any_moment():
    chance = random.Random(4711)
    with directory() as place:
        path, acked = os.path.join(place, "voltd.db"), 0
        for kill in range(KILLS):
            writer = Writer(path, size=chance.choice([0, 200, 20000]))
            writer.acked = acked
            if kill % 5:  # every fifth one dies while it opens
                writer.wait_acked(acked + 1)
            time.sleep(chance.random() * 0.03)
            writer.kill()
            expect(writer.acked >= acked, "acknowledged numbers grow")
            acked = writer.acked
            run_writer("check", path, acked)
        run_writer("verify", path)
        expect(acked > KILLS / 2, "commits between kills:", acked)


@case
def a_full_disk_refuses_commits_until_there_is_room_again():
    with small_disk(64) as place:
        path, filler = os.path.join(place, "voltd.db"), os.path.join(place, "filler")
        writer = Writer(path, size=2000, pause_ms=1)
        writer.wait_acked(20)
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while file.write(b"x" * 65536):
                pass
        eventually(lambda: writer.has("refused"), "a refusal")
        expect("full" in writer.has("refused"), "it says what to do:", writer.has("refused"))
        time.sleep(0.3)  # some probes
        expect(not writer.has("works"), "a probe fails while the disk is full")
        acked = writer.acked
        os.remove(filler)
        eventually(lambda: writer.has("works"), "it works again")
        writer.wait_acked(acked + 1)
        writer.kill()
        check_all(path, writer.acked)


@case
def a_disk_filled_by_itself_keeps_everything_acknowledged():
    with small_disk(6) as place:
        path = os.path.join(place, "voltd.db")
        writer = Writer(path, size=20000)
        eventually(lambda: writer.has("refused"), "a refusal", 30)
        writer.kill()
        equal(subprocess.run([WRITER, "check", path, str(writer.acked)], capture_output=True).returncode, 0, "check")
        run_writer("verify", path)


@table([("EIO", "EIO"), ("ENOSPC", "ENOSPC"), ("EDQUOT", "EDQUOT")])
def a_write_that_fails_is_refused_and_the_next_ones_work(fault):
    with directory() as place:
        path = os.path.join(place, "voltd.db")
        refused = 0
        for when in range(1, 60, 3):
            writer = Writer(path, count=20, wrap=inject("pwrite64", fault, when, path + "-wal"))
            if writer.end():
                expect(writer.has("not opened"), f"write {when} fails: {writer.lines}")
            elif writer.has("refused"):
                refused += 1
                full = "full" in writer.has("refused")
                equal(full, fault != "EIO", writer.has("refused"))
            check_all(path, writer.acked)
        expect(refused >= 10, "refusals:", refused)


@case
def a_sync_that_fails_ends_the_process():
    with directory() as place:
        path = os.path.join(place, "voltd.db")
        broken = 0
        for when in range(1, 40, 3):
            writer = Writer(path, count=20, wrap=inject("fsync,fdatasync", "EIO", when, path + "-wal"))
            code = writer.end()
            expect(bool(writer.lines) == (code != 0), f"exit code {code}, sync {when} fails: {writer.lines}")
            if code:
                broken += 1
                expect("sync" in writer.lines[0], writer.lines)
            check_all(path, writer.acked)
        expect(broken >= 5, "ended:", broken)


@case
def a_checkpoint_whose_sync_fails_ends_the_process_too():
    with directory() as place:
        path = os.path.join(place, "voltd.db")
        run_writer("write", path, 1, 0, 0)
        writer = Writer(path, count=5, size=20000000, pause_ms=400, wrap=inject("fsync,fdatasync", "EIO", "1+", path))
        equal(writer.end(), 1, "exit code")
        expect("sync" in (writer.has("broken") or ""), writer.lines)
        check_all(path, writer.acked)


@case
def a_checkpoint_that_cannot_write_is_done_later():
    with directory() as place:
        path = os.path.join(place, "voltd.db")
        run_writer("write", path, 1, 0, 0)
        writer = Writer(path, count=4, size=20000000, pause_ms=400, wrap=inject("pwrite64", "ENOSPC", "1..2", path))
        writer.wait_acked(2)
        expect(os.path.getsize(path) < 10e6, "nothing has reached the database yet:", os.path.getsize(path))
        equal(writer.end(), 0, f"exit code: {writer.lines}")
        expect(os.path.getsize(path) > 30e6, "the next one reaches the database:", os.path.getsize(path))
        check_all(path, writer.acked)


if __name__ == "__main__":
    run()
