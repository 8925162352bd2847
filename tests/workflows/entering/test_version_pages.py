"""The page of a version, and the files that it had: a later version changes nothing of them."""

from collections.abc import Callable

import pytest
from django.test import Client

from projects.models import Project
from projects.workflows.models import SpecificationVersion
from projects.workflows.written_in import version_lines
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


def test_the_page_of_a_version_leads_on(signed_in: SignIn, old: SpecificationVersion) -> None:
    lead = signed_in("lead")
    page = lead.get(address(old)).content.decode()
    launch = 'href="/projects/fits/workflows/new/?specification=fit&amp;version=1"'
    restore = f'action="{address(old)}restore/"'
    assert (launch in page, restore in page) == (True, True)
    assert "/projects/fits/workflows/specifications/fit/compare/?from=1" in page
    current = lead.get(address(old).replace("/1/", "/2/")).content.decode()
    assert 'href="/projects/fits/workflows/new/?specification=fit"' in current
    assert "compare/?from=1&amp;to=2" in current
    assert "restore/" not in current
    assert lead.get("/projects/fits/workflows/new/?specification=fit&version=1").status_code == 200
    shown = lead.get("/projects/fits/workflows/specifications/fit/").content.decode()
    assert f'href="{address(old).replace("/1/", "/2/")}"' in shown


def test_visitors_are_offered_neither_launch_nor_restore(project: Project, old: SpecificationVersion) -> None:
    type(project).objects.filter(pk=project.pk).update(visibility="public")
    page = Client().get(address(old)).content.decode()
    assert "Version 1 of Fit" in page
    assert ("Launch this version" in page, "restore/" in page) == (False, False)


def test_a_text_is_shown_whole_with_lines_that_can_be_linked(signed_in: SignIn, project: Project) -> None:
    made = version_of(
        project, **{"code__fit.py": "".join(f"x = '<{number}>'\n" for number in range(1, 301)).encode(), "t.csv": b"a,b\n1,2\n"}
    )
    lead = signed_in("lead")
    page = lead.get(f"{address(made)}file/", {"path": "code/fit.py"})
    assert '<span id="L300"><a href="#L300"' in page.content.decode()
    assert "x = &#x27;&lt;300&gt;&#x27;" in page.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    assert f'<a href="{address(made)}">' in page.content.decode()
    assert 'id="L1"' not in lead.get(f"{address(made)}file/", {"path": "t.csv"}).content.decode()  # a table


def test_steps_lead_to_the_lines_in_which_they_are_written(signed_in: SignIn, project: Project) -> None:
    node = {"key": "1", "name": "fit", "file": "a/flow/main.cwl", "line": 21}
    made = version_of(project, **{"flow__main.cwl": b"x\n"})
    facts = {"reading": {"engine": "cwl", "nodes": [node]}, "root": "a", "path": "a/reana.yaml"}
    SpecificationVersion.objects.filter(pk=made.pk).update(**facts, text=REANA.replace("type: serial", "type: cwl"))
    page = signed_in("lead").get(address(made)).content.decode()
    assert f'href="{address(made)}file/?path=flow%2Fmain.cwl#L21"' in page
    lines = version_lines(SpecificationVersion.objects.get(pk=made.pk).specification)
    assert lines.address("a/reana.yaml", 9) == f"{address(made)}#yaml-9"
    assert [lines.address(file, 1) for file in ("", "b/x.cwl")] == ["", ""]
