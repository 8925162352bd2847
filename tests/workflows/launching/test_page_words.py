"""What the launch page says: of what was refused, of defaults of steps, of files and links."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.workflows.entering.version_views import launch_query
from projects.workflows.launching.offers import Offer, span
from projects.workflows.models import Run, Specification, SpecificationVersion
from projects.workflows.reana.info import Info
from tests.workflows.launching.conftest import OFFER
from tests.workflows.launching.test_versions import sent


@pytest.mark.parametrize(("seconds", "words"), [("1209600", "14 days"), ("86400", "1 day"), ("7200", "2 h"), ("90", "90 s"), ("", "")])
def test_times_are_said_in_the_largest_whole_unit(seconds: str, words: str) -> None:
    assert span(seconds) == words


def test_an_empty_setting_is_that_of_the_specification_and_else_of_the_server() -> None:
    offer = Offer("reana", "REANA", Info.stored(OFFER))
    assert offer.words("memory", "512Mi") == "Empty: 512Mi, as in the specification. At most 8Gi."
    assert offer.words("memory") == "Empty: 4Gi, the default of the server. At most 8Gi."
    assert offer.words("time") == "Empty: 7 days, the default of the server. At most 14 days."


pytestmark = pytest.mark.django_db


def test_a_refused_form_comes_back_at_its_notice_and_says_so_in_the_title(member: Client, address: str) -> None:
    page = member.get(address).content.decode()
    assert "autofocus" not in page.split('id="answer"')[1].split(">")[0]
    assert page.count("Launch workflow") == 1  # the button of the form: one in the header would throw the values away
    refused = member.post(address, sent(**{"p-years": "-3"})).content.decode()
    assert "<title> Error: Launch" in " ".join(refused.split())
    assert refused.count("The workflow was not launched.") == 1
    assert "autofocus" in refused.split('id="answer"')[1].split(">")[0]
    assert not Run.objects.exists()


def test_a_file_that_is_no_text_changes_nothing(member: Client, address: str) -> None:
    file = SimpleUploadedFile("values.yaml", "source: café\n".encode("latin-1"))
    page = member.post(address, sent(do="file") | {"file": file}).content.decode()
    assert "it is not a text file in UTF-8" in page
    assert "filled in from the file" not in page
    assert 'value="PKS"' in page


def test_lists_of_a_launch_link_are_taken_to_the_form(member: Client, address: str, specification: Specification) -> None:
    specification.current = SpecificationVersion(offered={"bins": [3], "quick": True, "source": None, "years": 90, "nobody": 1})
    query = launch_query(specification)
    assert "p-bins=%5B3%5D" in query
    assert "p-quick=true" in query
    assert "p-years=90" in query  # the form says why it is not used
    assert "p-source" not in query
    assert "[3]" in member.get(f"{address.partition('?')[0]}?{query}").content.decode()
    text = member.get(f"{address}&p-nobody=3").content.decode()
    assert "There is no parameter “nobody”." in text.replace("<bdi>", "").replace("</bdi>", "")
    assert "there is no such field" not in text


def test_a_long_number_of_a_run_is_not_cut_to_another_one(member: Client, address: str, specification: Specification) -> None:
    assert member.get(f"{address}&from=1234567890&template=99999999999").status_code == 200
