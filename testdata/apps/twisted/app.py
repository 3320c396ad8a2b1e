"""A site of resources in Twisted Web, with a session and a stream."""

import sys

from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site


class Page(Resource):
    """A resource made of a function."""

    isLeaf = True

    def __init__(self, page):
        super().__init__()
        self.page = page

    def render(self, request):
        answer = self.page(request)
        return answer if isinstance(answer, int) else answer.encode()


def home(request):
    request.setHeader("Content-Type", "text/plain; charset=utf-8")
    return "Welcome"


def hello(request):
    return "Hello, %s!" % request.postpath[0].decode()


def search(request):
    return request.args[b"q"][0].decode()


def form(request):
    return "%s likes %s" % (request.args[b"name"][0].decode(), request.args[b"color"][0].decode())


def count(request):
    session = request.getSession()
    session.count = getattr(session, "count", 0) + 1
    return str(session.count)


def old(request):
    request.redirect(b"/hello/again")
    return ""


def length(request):
    return str(len(request.content.read()))


def large(request):
    return "0123456789" * 100_000


def stream(request):
    request.write(b"one\n")

    def end():
        request.write(b"two\n")
        request.finish()

    deferLater(reactor, 0.5, end)
    return NOT_DONE_YET


def fail(request):
    raise RuntimeError("this is meant to fail")


root = Resource()
root.putChild(b"", Page(home))
for page in hello, search, form, count, old, length, large, stream, fail:
    root.putChild(page.__name__.encode(), Page(page))
site = Site(root)
site.displayTracebacks = False

if __name__ == "__main__":
    reactor.listenTCP(int(sys.argv[1]), site, interface="127.0.0.1")
    reactor.run()
