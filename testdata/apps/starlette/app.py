"""A chat in Starlette: pages, a session, a stream, events and a web socket."""

import asyncio

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute


async def home(request):
    return PlainTextResponse("Welcome to %s" % request.url_for("home"))


async def hello(request):
    return PlainTextResponse("Hello, %s!" % request.path_params["name"])


async def search(request):
    return JSONResponse(dict(request.query_params))


async def form(request):
    fields = await request.form()
    return PlainTextResponse("%s likes %s" % (fields["name"], fields["color"]))


async def json(request):
    return JSONResponse({"got": await request.json()})


async def upload(request):
    fields = await request.form()
    return PlainTextResponse("%s: %d bytes, %s" % (fields["file"].filename, len(await fields["file"].read()), fields["note"]))


async def count(request):
    n = int(request.cookies.get("count", 0)) + 1
    response = PlainTextResponse(str(n))
    response.set_cookie("count", str(n))
    return response


async def old(request):
    return RedirectResponse("/hello/again")


async def length(request):
    n = 0
    async for piece in request.stream():
        n += len(piece)
    return PlainTextResponse(str(n))


async def large(request):
    return PlainTextResponse("0123456789" * 100_000)


async def stream(request):
    async def lines():
        yield "one\n"
        await asyncio.sleep(0.5)
        yield "two\n"

    return StreamingResponse(lines(), media_type="text/plain")


async def events(request):
    async def all():
        for n in range(3):
            yield "id: %d\ndata: tick\n\n" % n

    return StreamingResponse(all(), media_type="text/event-stream")


async def fail(request):
    raise RuntimeError("this is meant to fail")


async def echo(socket):
    await socket.accept()
    async for message in socket.iter_text():
        await socket.send_text(message)


app = Starlette(routes=[
    Route("/", home), Route("/hello/{name}", hello), Route("/search", search), Route("/form", form, methods=["POST"]),
    Route("/json", json, methods=["POST"]), Route("/upload", upload, methods=["POST"]), Route("/count", count), Route("/old", old),
    Route("/length", length, methods=["POST"]), Route("/large", large), Route("/stream", stream), Route("/events", events),
    Route("/fail", fail), WebSocketRoute("/echo", echo),
])
