"""A blog in CherryPy: objects as pages, its own sessions, a JSON tool, a stream."""

import os
import time

import cherrypy


class Blog:
    @cherrypy.expose
    def index(self):
        return "Welcome"

    @cherrypy.expose
    def hello(self, name):
        return "Hello, %s!" % name

    @cherrypy.expose
    def search(self, q, lang="en"):
        return "%s in %s" % (q, lang)

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    def form(self, name, color):
        return "%s likes %s" % (name, color)

    @cherrypy.expose
    @cherrypy.tools.json_in()
    @cherrypy.tools.json_out()
    def json(self):
        return {"got": cherrypy.request.json}

    @cherrypy.expose
    def upload(self, file, note):
        return "%s: %d bytes, %s" % (file.filename, len(file.file.read()), note)

    @cherrypy.expose
    def count(self):
        n = cherrypy.session["count"] = cherrypy.session.get("count", 0) + 1
        return str(n)

    @cherrypy.expose
    def old(self):
        raise cherrypy.HTTPRedirect(cherrypy.url("/hello/again"))

    @cherrypy.expose
    def link(self):
        return cherrypy.url("/hello/again")

    @cherrypy.expose
    @cherrypy.config(**{"request.process_request_body": False})
    def length(self):
        return str(len(cherrypy.request.rfile.read()))

    @cherrypy.expose
    def large(self):
        return "0123456789" * 100_000

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    def stream(self):
        yield "one\n"
        time.sleep(0.5)
        yield "two\n"

    @cherrypy.expose
    def fail(self):
        raise RuntimeError("this is meant to fail")


def missing(status, message, traceback, version):
    return message


cherrypy.config.update({"environment": "embedded"})
application = cherrypy.Application(Blog(), script_name=None, config={
    "/": {
        "tools.sessions.on": True,
        "tools.encode.on": True,
        "error_page.404": missing,
        "response.headers.Content-Type": "text/plain",
    },
    "/static": {"tools.staticdir.on": True, "tools.staticdir.dir": os.path.abspath("assets")},
})
