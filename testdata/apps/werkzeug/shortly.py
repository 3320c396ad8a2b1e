"""A shortener of addresses in Werkzeug alone: a URL map, requests and responses."""

import os
import time

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect, send_file
from werkzeug.wrappers import Request, Response


class Shortly:
    def __init__(self):
        pages = ("search", "form", "json", "upload", "count", "old", "length", "large", "stream", "fail", "download")
        self.urls = Map([Rule("/", endpoint="home"), Rule("/hello/<name>", endpoint="hello")] + [Rule("/" + p, endpoint=p) for p in pages])

    @Request.application
    def __call__(self, request):
        adapter = self.urls.bind_to_environ(request.environ)
        try:
            endpoint, values = adapter.match()
            return getattr(self, endpoint)(request, adapter, **values)
        except NotFound:
            return Response("there is no " + request.path, 404)
        except HTTPException as e:
            return e

    def home(self, request, urls):
        return Response("Welcome, see " + urls.build("hello", {"name": "Jürgen"}))

    def hello(self, request, urls, name):
        return Response("Hello, %s!" % name)

    def search(self, request, urls):
        return Response("%s in %s" % (request.args["q"], request.args.getlist("in")))

    def form(self, request, urls):
        return Response("%(name)s likes %(color)s" % request.form)

    def json(self, request, urls):
        return Response(request.get_data(), mimetype=request.mimetype)

    def upload(self, request, urls):
        file = request.files["file"]
        return Response("%s: %d bytes, %s" % (file.filename, len(file.read()), request.form["note"]))

    def count(self, request, urls):
        response = Response(str(request.cookies.get("count", 0, int) + 1))
        response.set_cookie("count", response.get_data(as_text=True))
        return response

    def old(self, request, urls):
        return redirect(urls.build("hello", {"name": "again"}))

    def length(self, request, urls):
        return Response(str(sum(len(piece) for piece in iter(lambda: request.stream.read(65536), b""))))

    def large(self, request, urls):
        return Response("0123456789" * 100_000)

    def download(self, request, urls):
        return send_file("assets/style.css", request.environ)

    def stream(self, request, urls):
        def lines():
            yield "one\n"
            time.sleep(0.5)
            yield "two\n"

        return Response(lines())

    def fail(self, request, urls):
        raise RuntimeError("this is meant to fail")


def create_app(static):
    return SharedDataMiddleware(Shortly(), {"/static": os.path.abspath(static)})
