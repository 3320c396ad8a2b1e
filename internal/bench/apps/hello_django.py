import os

from django.conf import settings

settings.configure(
    DEBUG=os.environ.get("HELLO_DEBUG") == "1",
    SECRET_KEY="only for measurements",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="hello_django",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
)

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

TEXT = "hello from django\n"


def hello(request):
    return HttpResponse(TEXT, content_type="text/plain; charset=utf-8")


urlpatterns = [path("", hello)]
application = get_wsgi_application()
