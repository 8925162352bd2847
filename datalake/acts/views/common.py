"""What the pages of acts have in common."""

from typing import cast

from django.http import HttpRequest

from vre_portal.iam.models import User


def person(request: HttpRequest) -> User:
    """Who is signed in; all these pages are closed to others."""
    return cast(User, request.user)
