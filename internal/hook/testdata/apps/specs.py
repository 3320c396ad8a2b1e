def one(environ, start_response):
    start_response("200 OK", [])
    return [b"one"]


class Inner:
    app = staticmethod(one)


def create_app(word="default", *, twice=False):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [(word * (2 if twice else 1)).encode()]

    return app


number = 7
