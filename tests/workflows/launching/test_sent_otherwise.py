"""A number that is not sent as it was typed is told: beside its field, and after the launch."""

import uuid

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.workflows.models import Run

pytestmark = pytest.mark.django_db
WORDS = "Observation time: the number 3.10 is sent as 3.1."


def filled(**more: str) -> dict[str, str]:
    given = {f"p-{name}": value for name, value in more.items() if name != "do"}
    return {"specification": "fit", "key": str(uuid.uuid4()), "do": more.get("do", "launch"), "p-code": "3.10", **given}


def said(client: Client, address: str, **form: str) -> list[str]:
    answer = client.post(address, form)
    assert answer.status_code == 302, answer.context["form"].errors
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_text_stays_a_text_and_a_number_that_loses_a_zero_is_told(member: Client, address: str) -> None:
    assert WORDS in said(member, address, **filled(years="3.10"))
    run = Run.objects.get()
    assert (run.parameters["years"], run.parameters["code"]) == (3.1, "3.10")


def test_it_is_told_beside_the_field_before_anything_is_launched(member: Client, address: str) -> None:
    page = member.post(address, filled(years="3.10", count="007", bins="[1.50, 2]", do="check")).content.decode()
    assert WORDS in page
    assert "count: the number 007 is sent as 7." in page
    assert "bins: the number 1.50 is sent as 1.5." in page
    assert "code: the number" not in page
    assert not Run.objects.exists()


def test_it_is_told_of_yaml_and_of_a_file(member: Client, address: str) -> None:
    text = 'years: 3.10\nbins: [2.20, "4.40"]\n'
    words = said(member, address, **{"specification": "fit", "key": str(uuid.uuid4()), "as": "yaml", "yaml": text})
    assert WORDS in words
    assert [item for item in words if item.startswith("bins")] == ["bins: the number 2.20 is sent as 2.2."]
    file = SimpleUploadedFile("values.yaml", text.encode())
    assert "bins: the number 2.20 is sent as 2.2." in member.post(address, {**filled(do="file"), "file": file}).content.decode()


@pytest.mark.parametrize("years", ["3.1", "10", "0.5", "2.0", "1e1", " 4.5 "])
def test_usual_numbers_are_not_talked_about(member: Client, address: str, years: str) -> None:
    assert not [words for words in said(member, address, **filled(years=years)) if "is sent as" in words]
