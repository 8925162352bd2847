"""A bare Django beside the portal: the settings that `startproject` makes, with the same kind of connection to the same database server.

`/` is a view that asks nothing. `/user/` reads the session and who is signed in, as every page for a person must.
"""

import json
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="a benchmark that keeps nothing",  # noqa: S106
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    # Told by benchmarks/pages.py: it has no settings but these.
    DATABASES={"default": {**json.loads(os.environ["BARE_DATABASE"]), "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}},  # noqa: TID251
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
)


def hello(request: HttpRequest) -> HttpResponse:
    """A page that asks nothing."""
    return HttpResponse("hello")


def user(request: HttpRequest) -> HttpResponse:
    """A page that knows who is there."""
    return HttpResponse(f"hello {request.user}")


urlpatterns = [path("", hello), path("user/", user)]
application = get_wsgi_application()


def prepare() -> str:
    """Make the tables and somebody who is signed in; the cookie of that session."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    person = User.objects.create_user("bare")
    store, backend = SessionStore(), "django.contrib.auth.backends.ModelBackend"
    store.update({SESSION_KEY: str(person.pk), BACKEND_SESSION_KEY: backend, HASH_SESSION_KEY: person.get_session_auth_hash()})
    store.create()
    return f"sessionid={store.session_key}"


if __name__ == "__main__":
    print(prepare())
