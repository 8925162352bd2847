"""The pages of a person's own webhooks."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from vre_portal.iam.current_user import current_user
from vre_portal.notices.webhooks import personal
from vre_portal.notices.webhooks.owners import Owner


@dataclass(frozen=True)
class PersonalPlace:
    """A person's own webhooks."""

    owner: Owner
    has_kinds: bool = False

    def render(self, request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        frame = {"frame": "webhooks/personal_frame.html", "index_url": self.url("index"), "has_kinds": False}
        return render(request, template, {**frame, **context}, status=status)

    def url(self, name: str, *args: int) -> str:
        return reverse(f"webhooks:{name}", args=args)


def place_for(request: HttpRequest) -> PersonalPlace:
    """The place of who is signed in."""
    return PersonalPlace(personal.owner(current_user(request)))
