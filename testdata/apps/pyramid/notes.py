"""Notes in Pyramid: routes, views by configuration, a signed session, static files."""

import time
from wsgiref.simple_server import make_server

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from pyramid.view import notfound_view_config, view_config


@view_config(route_name="home", renderer="string")
def home(request):
    return "Welcome, see %s and %s" % (request.route_path("hello", name="Jürgen"), request.static_path("notes:assets/style.css"))


@view_config(route_name="hello", renderer="string")
def hello(request):
    return "Hello, %(name)s!" % request.matchdict


@view_config(route_name="search", renderer="json")
def search(request):
    return request.GET.mixed()


@view_config(route_name="form", renderer="string", request_method="POST")
def form(request):
    return "%(name)s likes %(color)s" % request.POST


@view_config(route_name="json", renderer="json", request_method="POST")
def json(request):
    return {"got": request.json_body}


@view_config(route_name="upload", renderer="string")
def upload(request):
    file = request.POST["file"]
    return "%s: %d bytes, %s" % (file.filename, len(file.file.read()), request.POST["note"])


@view_config(route_name="count", renderer="string")
def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return str(request.session["count"])


@view_config(route_name="old")
def old(request):
    return HTTPFound(request.route_url("hello", name="again"))


@view_config(route_name="length", renderer="string")
def length(request):
    return str(len(request.body))


@view_config(route_name="large", renderer="string")
def large(request):
    return "0123456789" * 100_000


@view_config(route_name="stream")
def stream(request):
    def lines():
        yield b"one\n"
        time.sleep(0.5)
        yield b"two\n"

    return Response(app_iter=lines(), content_type="text/plain")


@view_config(route_name="fail")
def fail(request):
    raise RuntimeError("this is meant to fail")


@notfound_view_config(renderer="string")
def missing(request):
    request.response.status = 404
    return "there is no " + request.path


def main(global_config=None, **settings):
    with Configurator(settings=settings) as config:
        config.set_session_factory(SignedCookieSessionFactory("only-an-example"))
        config.add_static_view("static", "notes:assets")
        config.add_route("home", "/")
        config.add_route("hello", "/hello/{name}")
        for name in "search", "form", "json", "upload", "count", "old", "length", "large", "stream", "fail":
            config.add_route(name, "/" + name)
        config.scan("notes")
        return config.make_wsgi_app()


if __name__ == "__main__":
    make_server("", 6543, main()).serve_forever()
