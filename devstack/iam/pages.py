"""The pages that people see: a front page, signing in, signing out."""

from typing import Any, override

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from devstack.address import DEMO_USERS, PORTAL_URL

ACCOUNTS = [{"name": name, "full_name": full_name, "groups": groups} for name, (full_name, _email, groups) in DEMO_USERS.items()]


def home(request: HttpRequest) -> HttpResponse:
    """Who is signed in here, and what this is."""
    return render(request, "iam/home.html", {"portal": PORTAL_URL})


class SignIn(LoginView):
    """Name and password; the accounts are listed, because they are public."""

    template_name = "iam/login.html"

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(accounts=ACCOUNTS, **kwargs)


class SignOut(LogoutView):
    """Ends the session here, not at the services that were entered with it."""
