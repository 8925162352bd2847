"""The page of a version, and the files that it had: a later version changes nothing of them."""

from collections.abc import Callable

import pytest
from django.test import Client

from projects.models import Project
from projects.workflows.models import SpecificationVersion
from tests.page_text import text_of
from tests.workflows.entering.conftest import REANA
from tests.workflows.entering.test_pages import version_of

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
ODD = "data/a b\n&.txt"


@pytest.fixture
def old(project: Project) -> SpecificationVersion:
    made = version_of(project, **{"code__fit.py": b"print('old')\n", "data__a b\n&.txt": b"odd"})
    version_of(project, REANA.replace("level: 2", "level: 3"), **{"code__fit.py": b"print('new')\n"})
    return made


def address(version: SpecificationVersion) -> str:
    return f"/projects/fits/workflows/specifications/fit/versions/{version.number}/"


def test_an_earlier_version_shows_what_it_was_and_leads_to_its_files(signed_in: SignIn, old: SpecificationVersion) -> None:
    lead = signed_in("lead")
    content = lead.get(address(old)).content
    assert "Version 1 of Fit" in text_of(content)
    assert "Version 2 is the current one." in text_of(content)
    page = content.decode()
    assert "level: 2" in page
    assert f'{address(old)}file/?path=code%2Ffit.py"' in page
    assert f'{address(old)}file/?path=data%2Fa%20b%0A%26.txt"' in page
    assert address(old) in lead.get("/projects/fits/workflows/specifications/fit/versions/").content.decode()
    assert "versions/2/file/?path=code%2Ffit.py" in lead.get("/projects/fits/workflows/specifications/fit/").content.decode()


HINTS = "vre: {parameters: {level: {label: Confidence level, unit: sigma, help: Of the whole search.}}}\n"


def test_what_is_said_of_the_parameters_stands_in_their_list(signed_in: SignIn, project: Project) -> None:
    made = version_of(project, REANA + HINTS)
    made.specification.editor_hints = {"name": {"label": "Name of the source"}}
    made.specification.save()
    for where in ("/projects/fits/workflows/specifications/fit/", address(made)):
        page = text_of(signed_in("lead").get(where).content)
        assert "level Confidence level Of the whole search. whole number 2 sigma" in page
        assert "name Name of the source text a" in page


def test_the_files_of_an_earlier_version_are_shown_and_downloaded(signed_in: SignIn, old: SpecificationVersion) -> None:
    lead = signed_in("lead")
    where = f"{address(old)}file/"
    assert "print(&#x27;old&#x27;)" in lead.get(where, {"path": "code/fit.py"}).content.decode()
    sent = lead.get(where, {"path": "code/fit.py", "download": "1"})
    assert (sent.getvalue(), sent["Content-Type"]) == (b"print('old')\n", "application/octet-stream")
    assert sent["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert sent["Content-Disposition"] == 'attachment; filename="fit.py"'
    assert lead.get(where, {"path": ODD, "download": "1"}).getvalue() == b"odd"
    for path in ("", "code", "../x", "nothing"):
        assert lead.get(where, {"path": path}).status_code == 404
    assert lead.get(f"{address(old).replace('/1/', '/9/')}").status_code == 404


def test_strangers_of_a_private_project_get_neither(signed_in: SignIn, old: SpecificationVersion) -> None:
    for browser in (Client(), signed_in("outsider")):
        assert browser.get(address(old)).status_code == 404
        assert browser.get(f"{address(old)}file/", {"path": "code/fit.py"}).status_code == 404


def test_inputs_lead_to_their_pages_in_the_lake(signed_in: SignIn, old: SpecificationVersion) -> None:
    bound = {"a.csv": {"lake": "escape", "did": "TEST_SP:a/../b"}, "b.csv": {"did": ""}, "c.csv": {"did": "odd", "lake": "escape"}}
    SpecificationVersion.objects.filter(pk=old.pk).update(data=bound)
    page = signed_in("lead").get(address(old)).content.decode()
    assert '<a href="/datalake/escape/did/TEST_SP/-?name=a%2F..%2Fb"><bdi>TEST_SP:a/../b</bdi></a>' in page
    assert "chosen at launch" in page
    assert "odd" in page
