"""A guest book in Bottle."""

import time

import bottle
from bottle import HTTPError, abort, redirect, request, response, route

SECRET = "only-an-example"


@route("/")
def home():
    response.content_type = "text/plain; charset=utf-8"
    return "Welcome"


@route("/hello/<name>")
def hello(name):
    return bottle.template("Hello, {{name}}!", name=name)


@route("/search")
def search():
    return request.query.q + " in " + ",".join(request.query.decode().getall("in"))


@route("/form", method="POST")
def form():
    return "%s likes %s" % (request.forms.getunicode("name"), request.forms.getunicode("color"))


@route("/json", method="POST")
def json():
    return {"got": request.json}


@route("/upload", method="POST")
def upload():
    file = request.files.file
    return "%s: %d bytes, %s" % (file.raw_filename, len(file.file.read()), request.forms.note)


@route("/count")
def count():
    n = request.get_cookie("count", 0, secret=SECRET) + 1
    response.set_cookie("count", n, secret=SECRET, path="/")
    return str(n)


@route("/old")
def old():
    redirect(request.script_name + "hello/again")


@route("/length", method="POST")
def length():
    body = request.body
    return str(sum(len(piece) for piece in iter(lambda: body.read(65536), b"")))


@route("/large")
def large():
    return "0123456789" * 100_000


@route("/static/<name:path>")
def static(name):
    return bottle.static_file(name, root="assets")


@route("/stream")
def stream():
    yield "one\n"
    time.sleep(0.5)
    yield "two\n"


@route("/fail")
def fail():
    raise RuntimeError("this is meant to fail")


@route("/denied")
def denied():
    abort(403, "not for you")


@bottle.error(403)
@bottle.error(404)
def error(e: HTTPError):
    response.content_type = "text/plain"
    return "%d %s" % (e.status_code, e.body)


app = bottle.default_app()

if __name__ == "__main__":
    bottle.run(app)
