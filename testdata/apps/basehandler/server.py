"""A server of notes made of http.server alone, as it is often found."""

import json
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


class NotesHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/":
            self.answer("Welcome")
        elif url.path.startswith("/hello/"):
            self.answer("Hello, %s!" % unquote(url.path[7:]))
        elif url.path == "/search":
            self.answer(parse_qs(url.query)["q"][0])
        elif url.path == "/count":
            n = int(self.headers.get("Cookie", "count=0").partition("=")[2]) + 1
            self.answer(str(n), ("Set-Cookie", "count=%d" % n))
        elif url.path == "/old":
            self.send_response(302)
            self.send_header("Location", "/hello/again")
            self.end_headers()
        elif url.path == "/large":
            self.answer("0123456789" * 100_000)
        elif url.path == "/stream":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(b"one\n")
            time.sleep(0.5)
            self.wfile.write(b"two\n")
        elif url.path == "/fail":
            raise RuntimeError("this is meant to fail")
        else:
            self.send_error(404, "No such note")

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/form":
            fields = parse_qs(content.decode())
            self.answer("%s likes %s" % (fields["name"][0], fields["color"][0]))
        elif self.path == "/json":
            self.answer(json.dumps({"got": json.loads(content)}))
        else:
            self.answer(str(len(content)))

    def answer(self, text, *fields):
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    HTTPServer(("", 8000), NotesHandler).serve_forever()
