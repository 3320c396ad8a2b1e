from flask import Flask

app = Flask(__name__)
TEXT = "hello from flask\n"


@app.route("/")
def hello():
    return TEXT, 200, {"Content-Type": "text/plain; charset=utf-8"}
