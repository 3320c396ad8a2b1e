import json as jsonlib
import time

from django.contrib import messages
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from .forms import PostForm


@require_safe
def home(request):
    return render(request, "board/home.html")


def hello(request, name):
    return HttpResponse(f"Hello, {name}!")


def search(request):
    return HttpResponse(f"{request.GET['q']} in {request.GET.getlist('in')}", content_type="text/plain; charset=utf-8")


def post(request):
    form = PostForm(request.POST or None)
    if form.is_valid():
        messages.success(request, "%(name)s likes %(color)s" % form.cleaned_data)
        return redirect("board:home")
    return render(request, "board/post.html", {"form": form})


@csrf_exempt
@require_POST
def json(request):
    return JsonResponse({"got": jsonlib.loads(request.body)})


@csrf_exempt
def upload(request):
    file = request.FILES["file"]
    return HttpResponse(f"{file.name}: {file.size} bytes, {request.POST['note']}")


def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return HttpResponse(request.session["count"])


def old(request):
    return redirect("board:hello", name="again")


@csrf_exempt
def length(request):
    return HttpResponse(sum(len(piece) for piece in iter(lambda: request.read(65536), b"")))


def large(request):
    return HttpResponse("0123456789" * 100_000)


def download(request):
    return FileResponse(open("public/robots.txt", "rb"), as_attachment=True)


def stream(request):
    def lines():
        yield "one\n"
        time.sleep(0.5)
        yield "two\n"

    return StreamingHttpResponse(lines(), content_type="text/plain")


def fail(request):
    raise RuntimeError("this is meant to fail")
