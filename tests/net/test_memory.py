#!/usr/bin/env python3
"""test_memory.py SERVER: each allocation of the network layer fails once. Prints TAP.

What fails may cost the connection that it was for: it is closed, never left half open, and told to the core. Others do not notice.
The core's own side of the queues is not swept: what it cannot queue would be an answer lost, so there the process ends, and what was
acknowledged is on disk (src/net/port.c).
"""
import zlib

from harness import *

N_MAX = 400


def left(at, n):
    """Arms the n-th allocation (0: none); how many were left of the order before."""
    count = len([line for line in at.lines if line.startswith("left")])
    at.say(f"m {n}\n")
    return int(at.wait("^left", count=count + 1).split()[1])


def connections(at):
    count = len([line for line in at.lines if line.startswith("connections")])
    at.say("n\n")
    return int(at.wait("^connections", count=count + 1).split()[1])


def settle(at, want):
    end = time.monotonic() + 10 * SLOW
    while connections(at) != want:
        true(time.monotonic() < end, (connections(at), "connections instead of", want))
        time.sleep(0.01)


def sweep(scene, *arguments, tls=None):
    """`scene` with the n-th allocation failing, n = 1, 2, 3 … until it needs no more. Then all must be as before."""
    with server("--loops", "1", *arguments) as at:
        watcher = WebSocket(at, "ocpp_tls" if tls else "ocpp", tls=tls)  # has all that it needs
        same(watcher.say("there"), (0x81, b"there"))
        n = failed = 0
        while True:
            n += 1
            true(n < N_MAX, "no end of allocations")
            left(at, n)
            try:
                scene(at)
                good = True
            except (OSError, EOFError, AssertionError, IndexError, struct.error) as error:
                good = error
            rest = left(at, 0)
            settle(at, 1)
            same(watcher.say("still there"), (0x81, b"still there"))
            if rest:
                true(good is True, good)
                break
            failed += good is not True
        true(n > 1, "nothing was allocated")
        print(f"# {n - 1} allocations, of which {failed} cost their connection", flush=True)


def open_and_say(at, door="ocpp", tls=None, extra=""):
    ws = WebSocket(at, door, extra=extra, tls=tls)
    same(ws.status, 101)
    ws.sock.settimeout(5 * SLOW)
    try:
        same(ws.say("x" * 300), (0x81, b"x" * 300))
        whole = frame(1, "y" * 5000)
        ws.sock.sendall(whole[:3])  # a head in parts
        time.sleep(0.005)
        ws.sock.sendall(whole[3:2000])  # a message in parts
        time.sleep(0.005)
        ws.sock.sendall(whole[2000:])
        same(ws.read(), (0x81, b"y" * 5000))
        ws.send(1, "one ", fin=False)
        ws.send(0, "two")
        same(ws.read(), (0x81, b"one two"))
        ws.send(9, "ping")
        same(ws.read(), (0x8A, b"ping"))
        ws.send(8, b"\x03\xe8")
        same(ws.read()[0], 0x88)
    finally:
        ws.sock.close()


def test_each_allocation_of_a_station_may_fail():
    sweep(open_and_say, "ocpp=127.0.0.1:0")


def test_each_allocation_with_deflate_may_fail():
    def scene(at):
        ws = WebSocket(at, extra=DEFLATE)
        same(ws.status, 101)
        ws.sock.settimeout(5 * SLOW)
        try:
            packer = zlib.compressobj(wbits=-15)
            packed = packer.compress(b"z" * 20000) + packer.flush(zlib.Z_SYNC_FLUSH)
            ws.send(1, packed[:-4], rsv1=True)
            first, payload = ws.read()
            # No memory to compress: it leaves as it is.
            text = zlib.decompressobj(wbits=-15).decompress(payload + b"\0\0\xff\xff") if first == 0xC1 else payload
            same(text, b"z" * 20000)
        finally:
            ws.sock.close()
    sweep(scene, "ocpp=127.0.0.1:0")


def test_each_allocation_of_a_station_over_tls_may_fail():
    with certificates() as made:
        client = made.client()
        sweep(lambda at: open_and_say(at, "ocpp_tls", client), *made.both(), "ocpp_tls=127.0.0.1:0", tls=client)


def test_each_allocation_of_a_slow_reader_may_fail():
    def scene(at):
        ws = WebSocket(at)
        same(ws.status, 101)
        ws.sock.settimeout(5 * SLOW)
        try:
            ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            ws.send(1, "big:3000000")
            at.wait("^sent")
            same(len(ws.read()[1]), 3000000)
        finally:
            ws.sock.close()
    sweep(scene, "ocpp=127.0.0.1:0")


def test_each_allocation_of_a_request_may_fail():
    def scene(at):
        for door in ("http",):
            sock = at.connect(door)
            sock.settimeout(5 * SLOW)
            try:
                head = b"POST /echo HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %d\r\n" % (i, i) for i in range(40)) + b"Content-Length: 100000\r\n\r\n"
                sock.sendall(head[:20])
                time.sleep(0.005)
                sock.sendall(head[20:] + b"b" * 50000)
                time.sleep(0.005)
                sock.sendall(b"b" * 50000)
                status, _, body = answer(sock)
                same((status, len(body)), (200, 100000 + len("POST /echo ")))
                sock.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
                true(b"three" in until(sock, b"0\r\n\r\n"))
            finally:
                sock.close()
    sweep(scene, "http=127.0.0.1:0", "ocpp=127.0.0.1:0")


def test_a_start_without_memory_fails_in_one_line():
    with certificates() as made:
        for n in range(1, N_MAX):
            at = Server("--loops", "2", "--fail-start", str(n), *made.both(), "ocpp=127.0.0.1:0", "ocpp_tls=127.0.0.1:0", "local=" + made.folder + "/sock")
            try:
                if at.places:
                    at.stop()
                    if int(at.wait("^left").split()[1]):
                        break
                else:
                    same(at.process.wait(10 * SLOW), 1)
                    true(re.match("failed .+", at.lines[-1]), at.lines)
            finally:
                at.process.kill()
                at.process.wait()
        true(n > 3, n)
        print(f"# {n - 1} allocations", flush=True)


if __name__ == "__main__":
    main(globals())
