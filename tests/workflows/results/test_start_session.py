"""From a run and a result one starts a session that begins with the kept data."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from projects.workflows.models import Keep, Run
from tests.workflows.results.conftest import SignIn

pytestmark = pytest.mark.django_db


def test_the_page_of_a_run_leads_its_members_to_a_session_with_what_was_kept(finished: Run, signed_in: SignIn) -> None:
    start = reverse("notebooks:new", args=[finished.project.slug])
    own = Client()
    own.force_login(finished.by)
    assert f'href="{start}"' in own.get(finished.get_absolute_url()).content.decode()
    Keep.objects.create(run=finished, by=finished.by, key=uuid.uuid4(), paths=[], lake="escape", scope="TEST_SP", dataset="run&1")
    page = own.get(finished.get_absolute_url()).content.decode()
    assert f'href="{start}?lake=escape&amp;did=TEST_SP%3Arun%261"' in page
    assert start not in signed_in("newcomer").get(finished.get_absolute_url()).content.decode()
