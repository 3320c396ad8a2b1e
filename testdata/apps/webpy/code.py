"""A to-do list in web.py: classes as pages, templates, a session on disk."""

import json
import time

import web

urls = (
    "/", "Home", "/hello/(.+)", "Hello", "/search", "Search", "/form", "Form", "/json", "Json", "/upload", "Upload",
    "/count", "Count", "/old", "Old", "/length", "Length", "/large", "Large", "/stream", "Stream", "/fail", "Fail",
)
app = web.application(urls, globals())
session = web.session.Session(app, web.session.DiskStore("sessions"), initializer={"count": 0})
page = web.template.Template("$def with (link)\nWelcome, see $link")
web.config.debug = False


class Home:
    def GET(self):
        web.header("Content-Type", "text/plain; charset=utf-8")
        return page(web.ctx.home + "/hello/you")


class Hello:
    def GET(self, name):
        return "Hello, %s!" % name


class Search:
    def GET(self):
        found = web.input(lang="en")
        return "%s in %s" % (found.q, found.lang)


class Form:
    def POST(self):
        return "%(name)s likes %(color)s" % web.input()


class Json:
    def POST(self):
        web.header("Content-Type", "application/json")
        return json.dumps({"got": json.loads(web.data())})


class Upload:
    def POST(self):
        fields = web.input(file={})
        return "%s: %d bytes, %s" % (fields.file.filename, len(fields.file.file.read()), fields.note)


class Count:
    def GET(self):
        session.count += 1
        return str(session.count)


class Old:
    def GET(self):
        raise web.seeother("/hello/again")


class Length:
    def POST(self):
        return str(len(web.data()))


class Large:
    def GET(self):
        return "0123456789" * 100_000


class Stream:
    def GET(self):
        yield "one\n"
        time.sleep(0.5)
        yield "two\n"


class Fail:
    def GET(self):
        raise RuntimeError("this is meant to fail")


application = app.wsgifunc()

if __name__ == "__main__":
    app.run()
