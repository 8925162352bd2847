"""The person who asks for a page."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from vre_portal.iam.models import User


def current_user(request: HttpRequest) -> User:
    """Who is signed in; raises PermissionDenied where nobody is, for views that only people reach."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
