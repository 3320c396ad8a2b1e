from django.urls import path

from . import views

app_name = "board"
urlpatterns = [
    path("", views.home, name="home"),
    path("hello/<str:name>/", views.hello, name="hello"),
    path("search", views.search, name="search"),
    path("post", views.post, name="post"),
    path("json", views.json, name="json"),
    path("upload", views.upload, name="upload"),
    path("count", views.count, name="count"),
    path("old", views.old, name="old"),
    path("length", views.length, name="length"),
    path("large", views.large, name="large"),
    path("download", views.download, name="download"),
    path("stream", views.stream, name="stream"),
    path("fail", views.fail, name="fail"),
]
