"""Programs that call the API in tests."""

from typing import Any

from django.test import Client
from django.utils import timezone

from vre_portal.iam.models import User
from vre_portal.iam.personal_tokens import services
from vre_portal.iam.personal_tokens.models import Scope
from vre_portal.policies import services as policies
from vre_portal.policies import texts


def ready(person: User) -> User:
    """The person, who accepted the policies and whose groups the IAM has just confirmed."""
    policies.accept(person, texts.policies())
    person.groups_seen_at = timezone.now()
    person.save(update_fields=["groups_seen_at"])
    return person


def program(person: User, *scopes: Scope, **facts: Any) -> Client:
    """A program with a personal token of a person, which allows everything unless scopes are given."""
    name = f"token {services.tokens_of(person).count()}"
    _token, secret = services.create(name, scopes=scopes or tuple(Scope), days=30, by=ready(person))
    return bearing(secret, **facts)


def bearing(token: str, **facts: Any) -> Client:
    """A program that brings a token."""
    return Client(headers={"Authorization": f"Bearer {token}"}, **facts)


def code_of(reply: Any) -> tuple[int, str]:
    """The status of an error and its code."""
    return reply.status_code, reply.json()["error"]["code"]
