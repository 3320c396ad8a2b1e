"""A shop in Flask: templates, forms, JSON, uploads, a session, a stream."""

import time

from flask import Flask, Response, abort, redirect, render_template, request, session, url_for


def create_app(title="Shop"):
    app = Flask(__name__)
    app.secret_key = "only-an-example"

    @app.get("/")
    def home():
        return render_template("home.html", title=title)

    @app.get("/hello/<name>")
    def hello(name):
        return f"Hello, {name}!"

    @app.get("/files/<path:name>")
    def path(name):
        return f"path {name}"

    @app.get("/search")
    def search():
        return f"{request.args['q']} in {request.args.getlist('in')}"

    @app.post("/form")
    def form():
        return f"{request.form['name']} likes {request.form['color']}"

    @app.post("/json")
    def json():
        return {"got": request.get_json(), "host": request.host}

    @app.post("/upload")
    def upload():
        file = request.files["file"]
        return f"{file.filename}: {len(file.read())} bytes, {request.form['note']}"

    @app.get("/count")
    def count():
        session["count"] = session.get("count", 0) + 1
        return str(session["count"])

    @app.get("/old")
    def old():
        return redirect(url_for("hello", name="again"))

    @app.get("/external")
    def external():
        return url_for("home", _external=True)

    @app.post("/length")
    def length():
        return str(len(request.get_data()))

    @app.get("/large")
    def large():
        return Response("0123456789" * 100_000, mimetype="text/plain")

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

    @app.get("/teapot")
    def teapot():
        abort(418)

    @app.errorhandler(404)
    def missing(error):
        return f"there is no {request.path}", 404

    return app
