"""A wiki out of WebOb alone."""

import time

from webob import exc
from webob.dec import wsgify
from webob.response import Response
from webob.static import DirectoryApp

static = DirectoryApp("assets")


@wsgify
def application(request):
    page = request.path_info_pop() or "home"
    if page == "static":
        return static
    view = pages.get(page)
    if view is None:
        raise exc.HTTPNotFound("there is no %s" % page)
    return view(request)


def home(request):
    return Response("Welcome to " + request.application_url, content_type="text/plain")


def hello(request):
    return "Hello, %s!" % request.path_info_pop()


def search(request):
    return "%s in %s" % (request.GET["q"], request.GET.getall("in"))


def form(request):
    return "%(name)s likes %(color)s" % request.POST


def json(request):
    return Response(json={"got": request.json})


def upload(request):
    file = request.POST["file"]
    return "%s: %d bytes, %s" % (file.filename, len(file.file.read()), request.POST["note"])


def count(request):
    n = int(request.cookies.get("count", 0)) + 1
    response = Response(str(n))
    response.set_cookie("count", str(n))
    return response


def old(request):
    raise exc.HTTPFound(location=request.relative_url("../hello/again", to_application=True))


def length(request):
    return str(sum(len(piece) for piece in iter(lambda: request.body_file.read(65536), b"")))


def large(request):
    return Response("0123456789" * 100_000, conditional_response=True, content_type="text/plain")


def stream(request):
    def lines():
        yield b"one\n"
        time.sleep(0.5)
        yield b"two\n"

    return Response(app_iter=lines(), content_type="text/plain")


def fail(request):
    raise RuntimeError("this is meant to fail")


pages = {view.__name__: view for view in (home, hello, search, form, json, upload, count, old, length, large, stream, fail)}
