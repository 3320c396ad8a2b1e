"""One small application for each clause of PEP 3333 and each way to break one."""

import json
import os
import sys
import threading
import time

started = time.time()
closed = {}
calls = {}


class Closing:
    """An iterable that tells when it is closed, and how far it came."""

    def __init__(self, name, chunks):
        self.name, self.chunks = name, iter(chunks)
        closed.pop(name, None)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.chunks)

    def close(self):
        closed[self.name] = closed.get(self.name, 0) + 1


def plain(start_response, *more):
    return start_response("200 OK", [("Content-Type", "text/plain")] + list(more))


def environ(env, sr):
    plain(sr)
    return [json.dumps({k: v if isinstance(v, (str, bool, int)) else str(type(v)) for k, v in env.items()}).encode()]


def plain_list(env, sr):
    plain(sr)
    return [b"pl", b"ain"]


def echo(env, sr):
    plain(sr)
    return [env["wsgi.input"].read()]


def echo_stream(env, sr):
    plain(sr)
    for piece in iter(lambda: env["wsgi.input"].read(65536), b""):
        yield piece


def count(env, sr):
    n = 0
    for piece in iter(lambda: env["wsgi.input"].read(1 << 20), b""):
        n += len(piece)
    plain(sr)
    return [b"%s %d" % (env.get("CONTENT_LENGTH", "none").encode(), n)]


def lines(env, sr):
    plain(sr)
    i = env["wsgi.input"]
    return [repr([i.readline(), i.read(2), list(i), i.read()]).encode()]


def big(env, sr):
    n = int(env["QUERY_STRING"])
    plain(sr, ("Content-Length", str(n << 20)))
    piece = b"x" * (1 << 20)
    return (piece for _ in range(n))


def late(env, sr):
    plain(sr)
    yield b""
    yield b"late"


def from_iterator(env, sr):
    yield b""
    plain(sr, ("X-From", "iterator"))
    yield b"here"


def write(env, sr):
    w = plain(sr)
    w(b"a")
    w(b"")
    w(b"b")
    return [b"c"]


def empty(env, sr):
    plain(sr)
    return []


def replaced(env, sr):
    sr("200 OK", [("X-Old", "1")])
    try:
        raise KeyError
    except KeyError:
        sr("503 Not Now", [("X-New", "1")], sys.exc_info())
    return [b"new"]


def too_late(env, sr):
    plain(sr)
    yield b"begun" * 1000
    try:
        raise KeyError("too late")
    except KeyError:
        sr("500 Oops", [], sys.exc_info())
    yield b"never"


def twice(env, sr):
    plain(sr)
    plain(sr)
    return [b"never"]


def close_list(env, sr):
    plain(sr)
    return Closing("close", [b"a", b"b"])


def close_head(env, sr):
    plain(sr)
    return Closing("head", [b"a", b"never"])


def close_error(env, sr):
    def chunks():
        yield b"a" * 9000
        raise ValueError("in the middle")

    plain(sr)
    return Closing("error", chunks())


def close_raises(env, sr):
    class Bad(Closing):
        def close(self):
            raise ValueError("in close")

    plain(sr, ("Content-Length", "2"))
    return Bad("x", [b"ok"])


def close_forever(env, sr):
    def chunks():
        while True:
            yield b"x"
            time.sleep(0.05)

    plain(sr)
    return Closing("forever", chunks())


def close_write(env, sr):
    w = plain(sr)
    try:
        while True:
            w(b"x" * 1000)
            time.sleep(0.02)
    finally:
        closed["write"] = 1


def is_closed(env, sr):
    plain(sr)
    return [str(closed.get(env["QUERY_STRING"], 0)).encode()]


def slow_close(env, sr):
    class Slow(Closing):
        def close(self):
            time.sleep(3)

    plain(sr, ("Content-Length", "4"))
    return Slow("slow", [b"fast"])


def paced(env, sr):
    plain(sr)
    gate = threading.Event()
    calls["gate"] = gate
    yield b"one"
    gate.wait(20)
    yield b"two"


def open_gate(env, sr):
    calls["gate"].set()
    plain(sr)
    return [b"open"]


def clip(env, sr):
    plain(sr, ("Content-Length", "3"))
    return [b"abc", b"def"]


def clip_stream(env, sr):
    plain(sr, ("Content-Length", "3"))
    return Closing("clip", iter(lambda: b"ab", None))


def short(env, sr):
    plain(sr, ("Content-Length", "10"))
    return [b"abc"]


def short_stream(env, sr):
    plain(sr, ("Content-Length", "10"))
    yield b"abc"
    yield b"def"


def bad_length(env, sr):
    plain(sr, ("Content-Length", "1"), ("Content-Length", "2"))
    return [b"a"]


def two_cookies(env, sr):
    plain(sr, ("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("X-Latin", "caf\xe9"))
    return [b"x"]


def hop(env, sr):
    plain(sr, ("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Upgrade", "x"), ("Keep-Alive", "1"))
    return [b"x"]


def reason(env, sr):
    sr("299 Caf\xe9 \"x\"", [])
    return [b"x"]


def no_content(env, sr):
    sr("204 No Content", [("Content-Length", "3")])
    return [b"abc"]


def not_modified(env, sr):
    sr("304 Not Modified", [("ETag", '"x"')])
    return [b"abc"]


def crlf(env, sr):
    plain(sr, ("X-A", "a\r\nX-B: b"))
    return [b"x"]


def nul(env, sr):
    plain(sr, ("X-A", "a\0X-B\0b"))
    return [b"x"]


def wide(env, sr):
    plain(sr, ("X-A", "\u20ac"))
    return [b"x"]


def bad_status(env, sr):
    sr("OK", [])
    return [b"x"]


def informational(env, sr):
    sr("101 Switching Protocols", [])
    return [b"x"]


def file(env, sr):
    f = open(__file__, "rb")
    f.read(int(env["QUERY_STRING"] or 0))
    plain(sr)
    return env["wsgi.file_wrapper"](f, 512)


def file_like(env, sr):
    import gzip, io

    kind = env["QUERY_STRING"]
    data = io.BytesIO(b"from memory")
    if kind == "gzip":
        import tempfile

        name = os.path.join(tempfile.mkdtemp(), "x.gz")
        with open(name, "wb") as f:
            f.write(gzip.compress(b"from gzip"))
        data = gzip.open(name)  # its descriptor is that of what is not decoded
        os.remove(name)
        os.rmdir(os.path.dirname(name))
    if kind == "temp":
        import tempfile

        data = tempfile.NamedTemporaryFile()
        data.write(b"0123456789")
        data.seek(4)
    plain(sr)
    return env["wsgi.file_wrapper"](data, 3)


def file_length(env, sr):
    plain(sr, ("Content-Length", "7"))
    return env["wsgi.file_wrapper"](open(__file__, "rb"))


def raises(env, sr):
    raise ValueError("<script>before</script>")


def exits(env, sr):
    sys.exit(7)


def text(env, sr):
    plain(sr)
    return ["text"]


def text_stream(env, sr):
    plain(sr)
    yield "text"


def none(env, sr):
    plain(sr)


def nothing(env, sr):
    return [b"x"]


def dies(env, sr):
    os._exit(3)


def dies_late(env, sr):
    plain(sr)
    yield b"begun"
    os._exit(3)


def loops(env, sr):
    while True:
        pass


def sleeps(env, sr):
    print("sleeping")
    time.sleep(float(env["QUERY_STRING"]))
    plain(sr)
    return [b"slept"]


def sleeps_once(env, sr):
    if calls.setdefault("once", 0) == 0:
        calls["once"] = 1
        time.sleep(float(env["QUERY_STRING"]))
    plain(sr)
    return [b"slept"]


def pid(env, sr):
    plain(sr)
    return [str(os.getpid()).encode()]


def threads(env, sr):
    plain(sr)
    return [str(threading.active_count()).encode()]


def ignores_input(env, sr):
    plain(sr)
    return [b"ignored"]


def ignores_input_stream(env, sr):
    plain(sr)
    yield b"ignored"
    yield b" twice"


def loses_input(env, sr):
    try:
        env["wsgi.input"].read()
    except ConnectionError:
        calls["lost"] = True
        raise


def has_lost(env, sr):
    plain(sr)
    return [str(calls.get("lost", False)).encode()]


def errors(env, sr):
    print("to errors", file=env["wsgi.errors"])
    print("to output")
    plain(sr)
    return [b"x"]


def keeps(env, sr):
    if "write" in calls:
        try:
            calls["write"](b"from an older request")
            result = b"wrote"
        except ValueError:
            result = b"refused"
        try:
            calls["input"].read(1)
            result += b" read"
        except ValueError:
            result += b" refused"
        plain(sr)
        return [result]
    calls["write"], calls["input"] = plain(sr), env["wsgi.input"]
    return [b"kept"]


class instance:
    """A class is an application, too: its instances are what it answers."""

    def __init__(self, env, sr):
        self.sr = sr

    def __iter__(self):
        plain(self.sr)
        yield b"instance"


def application(env, sr):
    name = env["PATH_INFO"].strip("/").split("/")[0] or "environ"
    return globals()[name](env, sr)
