"""A chat in Tornado: pages, a secure cookie, a stream and a web socket."""

import asyncio
import sys

from tornado import web, websocket


class Home(web.RequestHandler):
    def get(self):
        self.write("Welcome to %s" % self.request.full_url())


class Hello(web.RequestHandler):
    def get(self, name):
        self.write("Hello, %s!" % name)


class Search(web.RequestHandler):
    def get(self):
        self.write("%s in %s" % (self.get_argument("q"), self.get_arguments("in")))


class Form(web.RequestHandler):
    def post(self):
        self.write("%s likes %s" % (self.get_body_argument("name"), self.get_body_argument("color")))


class Upload(web.RequestHandler):
    def post(self):
        file = self.request.files["file"][0]
        self.write("%s: %d bytes, %s" % (file.filename, len(file.body), self.get_body_argument("note")))


class Count(web.RequestHandler):
    def get(self):
        n = int(self.get_secure_cookie("count") or 0) + 1
        self.set_secure_cookie("count", str(n))
        self.write(str(n))


class Old(web.RequestHandler):
    def get(self):
        self.redirect(self.reverse_url("hello", "again"))


@web.stream_request_body
class Length(web.RequestHandler):
    def prepare(self):
        self.length = 0

    def data_received(self, piece):
        self.length += len(piece)

    def post(self):
        self.write(str(self.length))


class Large(web.RequestHandler):
    def get(self):
        self.write("0123456789" * 100_000)


class Stream(web.RequestHandler):
    async def get(self):
        self.write("one\n")
        await self.flush()
        await asyncio.sleep(0.5)
        self.write("two\n")


class Fail(web.RequestHandler):
    def get(self):
        raise RuntimeError("this is meant to fail")


class Echo(websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


def make_app():
    return web.Application([
        ("/", Home), web.url("/hello/(.*)", Hello, name="hello"), ("/search", Search), ("/form", Form), ("/upload", Upload), ("/count", Count),
        ("/old", Old), ("/length", Length), ("/large", Large), ("/stream", Stream), ("/fail", Fail), ("/echo", Echo),
    ], cookie_secret="only-an-example")


async def main():
    make_app().listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
