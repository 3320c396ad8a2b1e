"""A bare application for uWSGI."""

import time
from urllib.parse import parse_qs


def application(environ, start_response):
    path, text = environ["PATH_INFO"].encode("latin-1").decode(), [("Content-Type", "text/plain; charset=utf-8")]
    if path == "/missing":
        start_response("404 Not Found", text)
        yield b"there is no such page"
        return
    if path == "/old":
        start_response("302 Found", text + [("Location", "/hello/again"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return
    start_response("200 OK", text)
    if path == "/stream":
        yield b"one\n"
        time.sleep(0.5)
        yield b"two\n"
    elif path == "/form":
        fields = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        yield ("%s likes %s" % (fields["name"][0], fields["color"][0])).encode()
    elif path == "/length":
        yield b"%d" % sum(len(piece) for piece in iter(lambda: environ["wsgi.input"].read(65536), b""))
    elif path == "/large":
        yield b"0123456789" * 100_000
    else:
        yield ("%s%s at %s for %s" % (path, environ["QUERY_STRING"], environ["HTTP_HOST"], environ["HTTP_X_FORWARDED_FOR"])).encode()
