"""The applications under the eyes of wsgiref.validate."""

from wsgiref.validate import validator


def inner(environ, start_response):
    if environ["PATH_INFO"] == "/post":
        length = int(environ.get("CONTENT_LENGTH") or 0)
        data = environ["wsgi.input"].read(length)
    elif environ["PATH_INFO"] == "/lines":
        data = b"".join(environ["wsgi.input"])
    else:
        data = b"hello"
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/write":
        write(b"written ")
    if environ["PATH_INFO"] == "/stream":
        return (b"%d " % i for i in range(5))
    return [data]


app = validator(inner)
