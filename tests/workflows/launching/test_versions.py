"""The launch form launches the version that it showed, and a field that was not sent has its default."""

import uuid

import pytest
from django.test import Client

from projects.workflows.entering.saving import add_version
from projects.workflows.models import Run, Specification
from tests.workflows.launching.conftest import TEXT

pytestmark = pytest.mark.django_db
SENT = {"p-years": "5", "p-count": "4", "p-source": "PKS", "p-kind": "two", "p-bins": "[3]", "p-when": "2027-02-01", "p-code": "008"}
NEWER = TEXT.replace('code: "007"}', 'code: "007", extra: "x", deep: true}').replace("quick: false", "quick: true")


def sent(**more: str) -> dict[str, str]:
    return {"specification": "fit", "key": str(uuid.uuid4()), "do": "launch", **SENT, **more}


def add(specification: Specification, text: str) -> None:
    add_version(Specification.objects.get(pk=specification.pk), by=None, text=text, files={}, data={}, origin="editor")


def test_a_form_of_an_older_version_launches_nothing_and_says_what_changed(
    member: Client, address: str, specification: Specification
) -> None:
    add(specification, TEXT)
    assert 'name="version" value="1"' in member.get(address).content.decode()
    add(specification, NEWER)
    form = sent(version="1")
    reply = member.post(address, form)
    page = reply.content.decode()
    assert (reply.status_code, Run.objects.count()) == (409, 0)
    assert "The workflow was changed after you opened this form." in page
    assert "compare/?from=1" in page
    assert 'name="version" value="2"' in page
    values = reply.context["form"].parameters
    assert (values["extra"], values["deep"], values["quick"], values["years"]) == ("x", True, False, 5.0)
    again = form | {"version": "2", "p-extra": "x", "p-deep": "on"}
    assert member.post(address, again).status_code == 302
    run = Run.objects.get()
    assert (run.version.number, run.parameters["deep"], run.parameters["quick"]) == (2, True, False)
    add(specification, TEXT)
    second = member.post(address, again)  # pressed twice, and another version was saved between
    assert (second.status_code, second["Location"]) == (302, run.get_absolute_url())
    assert "This form has already launched run 1." in member.get(run.get_absolute_url()).content.decode()
    assert Run.objects.count() == 1


def test_a_program_that_leaves_out_parameters_gets_their_defaults_and_is_told(
    member: Client, address: str, specification: Specification
) -> None:
    add(specification, NEWER)
    form = {name: value for name, value in sent().items() if name not in ("p-source", "p-count")}
    reply = member.post(address, form, follow=True)
    values = Run.objects.get().parameters
    assert (values["source"], values["count"], values["quick"], values["deep"], values["extra"]) == ("Mrk421", 3, True, True, "x")
    assert "Not sent, so the default was used: count, source, quick, extra, deep." in reply.content.decode()


@pytest.mark.parametrize("more", [{}, {"as": "yaml", "yaml": "count: 9"}])
def test_lists_objects_and_null_that_were_not_sent_have_what_the_form_opens_with(
    member: Client, address: str, specification: Specification, more: dict[str, str]
) -> None:
    text = TEXT.replace("bins: [1, 2]", "bins: [1, two], object: {a: 1}, nothing: null, empty: []")
    add(specification, text)
    form = {"specification": "fit", "key": str(uuid.uuid4()), **more}
    assert member.post(address, form).status_code == 302
    first = Run.objects.get()
    assert [first.parameters[name] for name in ("bins", "object", "nothing", "empty")] == [[1, "two"], {"a": 1}, None, []]
    Run.objects.update(parameters={**first.parameters, "nothing": "a: text"})
    assert member.post(f"{address}&from=1", form | {"key": str(uuid.uuid4())}).status_code == 302
    assert Run.objects.get(number=2).parameters["nothing"] == "a: text"
