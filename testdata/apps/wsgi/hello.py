"""An application of PEP 3333 without any framework, under its own validator."""

import time
from urllib.parse import parse_qs
from wsgiref.util import application_uri, request_uri
from wsgiref.validate import validator


def respond(environ, start_response):
    path = environ["PATH_INFO"].encode("latin-1").decode()
    text = [("Content-Type", "text/plain; charset=utf-8")]
    if path == "/fail":
        raise RuntimeError("this is meant to fail")
    if path == "/old":
        start_response("302 Found", text + [("Location", application_uri(environ))])
        return []
    if path == "/stream":
        write = start_response("200 OK", text)
        write(b"one\n")
        time.sleep(0.5)
        return [b"two\n"]
    if path == "/length":
        answer = str(sum(len(piece) for piece in iter(lambda: environ["wsgi.input"].read(65536), b"")))
    elif path == "/form":
        fields = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        answer = "%s likes %s" % (fields["name"][0], fields["color"][0])
    elif path == "/large":
        answer = "0123456789" * 100_000
    else:
        answer = "\n".join([environ["REQUEST_METHOD"], environ["SCRIPT_NAME"], path, environ["QUERY_STRING"], request_uri(environ)])
    content = answer.encode()
    start_response("200 OK", text + [("Content-Length", str(len(content)))])
    return [content]


application = validator(respond)
