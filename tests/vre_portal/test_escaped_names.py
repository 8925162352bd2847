"""A name is escaped once: people called O'Brien read their name as they write it."""

from collections.abc import Callable

import pytest
from django.test import Client

from vre_portal.iam.models import User

SignIn = Callable[..., Client]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/dashboard/", "/projects/", "/me/"])
def test_a_persons_own_name_is_escaped_once(people: dict[str, User], signed_in: SignIn, path: str) -> None:
    people["lead"].name = "Conor O'Brien & <b>"
    people["lead"].save()
    page = signed_in("lead").get(path).content.decode()
    assert "Conor O&#x27;Brien &amp; &lt;b&gt;" in page
    assert "Brien &amp;amp;" not in page
    assert "O&amp;#x27;" not in page
