"""A Flask application for Gunicorn, behind a proxy: it is told so by Werkzeug's ProxyFix."""

import time

from flask import Flask, request, url_for
from werkzeug.middleware.proxy_fix import ProxyFix


def create_app():
    app = Flask(__name__)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)

    @app.get("/")
    def home():
        return f"Welcome {request.remote_addr} to {url_for('home', _external=True)}"

    @app.get("/hello/<name>")
    def hello(name):
        return f"Hello, {name}!"

    @app.post("/form")
    def form():
        return f"{request.form['name']} likes {request.form['color']}"

    @app.post("/upload")
    def upload():
        file = request.files["file"]
        return f"{file.filename}: {len(file.read())} bytes, {request.form['note']}"

    @app.post("/length")
    def length():
        return str(sum(len(piece) for piece in iter(lambda: request.stream.read(65536), b"")))

    @app.get("/large")
    def large():
        return "0123456789" * 100_000

    @app.get("/stream")
    def stream():
        def lines():
            yield "one\n"
            time.sleep(0.5)
            yield "two\n"

        return lines(), {"Content-Type": "text/plain"}

    @app.get("/fail")
    def fail():
        raise RuntimeError("this is meant to fail")

    return app
