"""Small applications put together by Paste: a URL map, static files, a session, a page for errors."""

import os
import time

from paste import httpexceptions, request, session, urlmap, urlparser
from paste.exceptions.errormiddleware import ErrorMiddleware


def text(start_response, *lines):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [line.encode() for line in lines]


def home(environ, start_response):
    if environ["PATH_INFO"] not in ("", "/"):
        raise httpexceptions.HTTPNotFound("there is no such page")
    return text(start_response, "Welcome")


def hello(environ, start_response):
    name = environ["PATH_INFO"].lstrip("/").encode("latin-1").decode()
    return text(start_response, "Hello, %s!" % name)


def link(environ, start_response):
    return text(start_response, request.construct_url(environ))


def form(environ, start_response):
    fields = request.parse_formvars(environ)
    return text(start_response, "%s likes %s" % (fields["name"], fields["color"]))


def upload(environ, start_response):
    fields = request.parse_formvars(environ)
    file = fields["file"]
    return text(start_response, "%s: %d bytes, %s" % (file.filename, len(file.file.read()), fields["note"]))


def count(environ, start_response):
    visits = environ["paste.session.factory"]()
    visits["count"] = visits.get("count", 0) + 1
    return text(start_response, str(visits["count"]))


def old(environ, start_response):
    raise httpexceptions.HTTPFound(request.resolve_relative_url("hello/again", environ))


def length(environ, start_response):
    return text(start_response, str(len(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))))


def large(environ, start_response):
    return text(start_response, "0123456789" * 100_000)


def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"one\n"
    time.sleep(0.5)
    yield b"two\n"


def fail(environ, start_response):
    raise RuntimeError("this is meant to fail")


def make_app():
    app = urlmap.URLMap()
    app["/"] = home
    for page in hello, link, form, upload, count, old, length, large, stream, fail:
        app["/" + page.__name__] = page
    app["/static"] = urlparser.StaticURLParser(os.path.abspath("assets"))
    app = session.SessionMiddleware(app)
    app = httpexceptions.HTTPExceptionHandler(app)
    return ErrorMiddleware(app, {}, debug=False)
