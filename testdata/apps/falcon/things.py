"""An interface of things in Falcon."""

import time

import falcon


class Home:
    def on_get(self, req, resp):
        resp.text = "Welcome"
        resp.content_type = falcon.MEDIA_TEXT


class Hello:
    def on_get(self, req, resp, name):
        resp.media = {"hello": name, "uri": req.relative_uri}


class Search:
    def on_get(self, req, resp):
        resp.media = {"q": req.get_param("q", required=True), "limit": req.get_param_as_int("limit")}


class Form:
    def on_post(self, req, resp):
        resp.media = req.get_media()


class Upload:
    def on_post(self, req, resp):
        resp.media = [[part.name, part.filename, len(part.stream.read())] for part in req.get_media()]


class Count:
    def on_get(self, req, resp):
        n = int(req.get_cookie_values("count")[0]) + 1 if req.get_cookie_values("count") else 1
        resp.set_cookie("count", str(n), path="/", secure=False)
        resp.media = n


class Old:
    def on_get(self, req, resp):
        raise falcon.HTTPFound(req.prefix + "/hello/again")


class Length:
    def on_post(self, req, resp):
        resp.media = sum(len(piece) for piece in iter(lambda: req.bounded_stream.read(65536), b""))


class Large:
    def on_get(self, req, resp):
        resp.data = b"0123456789" * 100_000


class Stream:
    def on_get(self, req, resp):
        resp.stream = self.lines()

    def lines(self):
        yield b"one\n"
        time.sleep(0.5)
        yield b"two\n"


class Fail:
    def on_get(self, req, resp):
        raise RuntimeError("this is meant to fail")


application = falcon.App()
for path, resource in {
    "/": Home(), "/hello/{name}": Hello(), "/search": Search(), "/form": Form(), "/upload": Upload(), "/count": Count(),
    "/old": Old(), "/length": Length(), "/large": Large(), "/stream": Stream(), "/fail": Fail(),
}.items():
    application.add_route(path, resource)
