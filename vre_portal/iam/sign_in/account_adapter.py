"""django-allauth's other adapter, of which only the sign-out inside a sign-in is used."""

from typing import override

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library is not typed
    """A person who signs in again with the same account stays in the session, under a new key."""

    @override
    def logout(self, request: HttpRequest) -> None:
        """End the session of another person; one's own is not over, and with it what belongs to it."""
        if getattr(request, "signing_in", None) == request.user:
            request.session.cycle_key()
        else:
            super().logout(request)
