"""The launch page: a form and YAML of the same values, links, files, badges."""

import json
import re
import uuid
from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from projects.workflows.models import Run, Specification
from tests.workflows.launching.sent_values import SENT, filled, values_in

pytestmark = pytest.mark.django_db


def textarea(page: str) -> str:
    found = re.search(r'<textarea[^>]*name="yaml"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found, "the page shows no YAML"
    return unescape(found[1])


def test_the_values_go_to_yaml_and_back_without_loss(member: Client, address: str) -> None:
    page = member.post(address, filled(do="yaml")).content.decode()
    text = textarea(page)
    assert "years: 5.0\ncount: 4\nsource: PKS\nquick: false\nkind: two\nbins: [3]\n" in text
    assert "code: '008'" in text
    shown = values_in(member.post(address, {"specification": "fit", "as": "yaml", "yaml": text, "do": "form"}).content.decode())
    assert (shown["p-years"], shown["p-code"], shown["p-when"]) == ("5.0", "008", "2027-02-01")
    assert not Run.objects.exists()


def test_a_value_that_cannot_be_used_is_not_lost_on_the_way(member: Client, address: str) -> None:
    text = textarea(member.post(address, filled(p__years="many", do="yaml")).content.decode())
    assert "years: many" in text
    page = member.post(address, {"specification": "fit", "as": "yaml", "yaml": text, "do": "form"}).content.decode()
    assert values_in(page)["p-years"] == "many"
    assert "Enter a number." in page


def test_yaml_is_launched_as_the_form_is(member: Client, address: str) -> None:
    text = "\n".join(f"{name}: {json.dumps(value)}" for name, value in SENT.items())
    sent = {"specification": "fit", "key": str(uuid.uuid4()), "as": "yaml", "yaml": text}
    assert member.post(address, sent).status_code == 302
    assert member.post(address, filled()).status_code == 302
    first, second = Run.objects.order_by("number")
    assert json.dumps(first.parameters) == json.dumps(second.parameters) == json.dumps(SENT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("years: 5\ncuont: 4", "Line 2: There is no parameter “cuont”. Did you mean “count”?"),
        ("years: 60", "years: Enter a number of at most 50"),
        ("count: 1\nsource: no", "Line 2: YAML reads “no” as false."),
        ("source: 5", "Line 1: This must be text. Write it in quotes."),
        ("count: 012", "Line 1: “012” may be a number or text."),
        ('count: "5"', "Line 1: In quotes this is text. Remove the quotes."),
        ("years: [1]", "Line 1: Write one value here, not a list or an object."),
        ("kind: three", "kind: Select a valid choice."),
        ("bins: 1", "bins: Enter a list"),
        ("years: 5\n  bad: [", "This is not YAML: line"),
        ("- 1", "Line 1: Write one “name: value” on each line."),
        ("years: 1\nyears: 2", "A name is given twice"),
        ("code: 7", "Line 1: This must be text"),
        ("when: tomorrow", "when: Enter a date such as 2027-01-31."),
    ],
)
def test_faults_in_yaml_are_told_with_line_and_name_and_nothing_is_launched(member: Client, address: str, text: str, words: str) -> None:
    reply = member.post(address, {"specification": "fit", "key": str(uuid.uuid4()), "as": "yaml", "yaml": text})
    page = unescape(re.sub(r"</?bdi>", "", reply.content.decode()))
    assert reply.status_code == 422
    assert words in page
    assert textarea(reply.content.decode()).strip() == text
    assert not Run.objects.exists()


def test_yaml_that_a_form_cannot_show_stays_yaml(member: Client, address: str) -> None:
    page = member.post(address, {"specification": "fit", "as": "yaml", "yaml": "years: [", "do": "form"}).content.decode()
    assert textarea(page) == "years: ["
    assert "Correct the YAML first" in page


def test_a_parameter_that_the_yaml_leaves_out_has_its_default_and_this_is_told(member: Client, address: str) -> None:
    reply = member.post(address, {"specification": "fit", "key": str(uuid.uuid4()), "as": "yaml", "yaml": "years: 5"}, follow=True)
    assert Run.objects.get().parameters["count"] == 3
    assert "Not in the YAML, so the default was used: count, source" in reply.content.decode()


def test_the_values_are_downloaded_and_loaded_again(member: Client, address: str, specification: Specification) -> None:
    reply = member.post(reverse("workflows:launch-values", args=[specification.project.slug]), filled())
    assert reply["Content-Disposition"] == 'attachment; filename="values.yaml"'
    body = reply.content + b"nobody: 1\n"
    body = body.replace(b"count: 4", b"count: many")
    page = member.post(
        address, {**filled(p__years="7", p__count="9", do="file"), "file": SimpleUploadedFile("v.yaml", body)}
    ).content.decode()
    shown = values_in(page)
    assert (shown["p-years"], shown["p-count"], shown["p-source"]) == ("5.0", "9", "PKS")
    text = unescape(page)
    assert "There is no parameter “nobody”" in text
    assert "count: Enter a whole number." in text
    assert "7 values were filled in from the file." in text


def test_a_link_opens_the_form_with_the_same_values(member: Client, address: str) -> None:
    page = member.post(address, filled(do="link")).content.decode()
    link = unescape(re.search(r'data-copy="([^"]*new/[^"]*)"', page)[1])  # type: ignore[index]
    assert dict(parse_qsl(urlsplit(link).query))["p-code"] == "008"
    opened = member.get(f"{urlsplit(link).path}?{urlsplit(link).query}").content.decode()
    assert values_in(opened)["p-years"] == "5.0"
    assert values_in(opened)["p-code"] == "008"


def test_a_wrong_value_of_a_link_is_told_beside_its_field_and_a_wrong_name_with_the_right_one(member: Client, address: str) -> None:
    page = unescape(member.get(f"{address}&p-years=many&p-cuont=1").content.decode())
    row = page[page.index('data-name="p-years"') :].split('data-name="p-', 2)[1]
    assert "p-years=many in the link is not used" in row
    assert "Did you mean “count”?" in page


def test_parameters_without_a_group_stand_before_the_headings_of_groups(member: Client, address: str) -> None:
    page = member.get(address).content.decode()
    assert 0 < page.index('data-name="p-count"') < page.index("<h3>") < page.index('data-name="p-years"')


def test_the_form_and_its_templates_come_before_what_explains_the_workflow(member: Client, address: str) -> None:
    member.post(address, filled(do="save", template__name="Ten years"))
    page = member.get(address).content.decode()
    template, field = page.index("Ten years"), page.index('data-name="p-count"')
    assert template < field < page.index("Checks of the specification")


def test_what_differs_from_the_earlier_run_is_marked(member: Client, address: str) -> None:
    member.post(address, filled())
    page = member.get(f"{address}&from=1&p-count=9").content.decode()
    rows = {name: page[page.index(f'data-name="p-{name}"') :].split('data-name="p-', 2)[1] for name in ("years", "count")}
    assert 'data-was="4">' in rows["count"]
    assert 'data-was="5.0" hidden>' in rows["years"]
    page = member.post(f"{address}&from=1", filled(p__source="M87", do="check")).content.decode()
    assert 'data-was="PKS">' in page
    assert "from=1" in page  # the form leads back to itself with what it was filled in from


def test_groups_and_advanced_parameters_stand_apart(member: Client, address: str) -> None:
    page = member.get(address).content.decode()
    assert "<h3><bdi>Sky</bdi></h3>" in page
    assert page.index("Advanced") < page.index('data-name="p-quick"')
    assert "From 0.1 to 50." in page


def test_a_badge_of_a_public_project_is_for_everybody_and_kept_by_caches(
    specification: Specification, client: Client, signed_in: Callable[[str], Client]
) -> None:
    slug = specification.project.slug
    drawing = reverse("workflows:badge-drawing", args=[slug, "fit"])
    reply = client.get(drawing)
    assert reply["Content-Type"].startswith("image/svg+xml")
    assert reply["Cache-Control"] == "public, max-age=3600"
    assert "Fit &lt;1&gt;" in reply.content.decode()
    assert not reply.cookies
    assert client.get(drawing, headers={"If-None-Match": reply["ETag"]}).status_code == 304
    page = unescape(client.get(reverse("workflows:badge", args=[slug, "fit"])).content.decode())
    assert f"/projects/{slug}/workflows/new/?specification=fit)" in page
    specification.project.visibility = "members"
    specification.project.save()
    assert client.get(drawing).status_code == 404
    assert signed_in("member").get(drawing).status_code == 404
    assert "Only workflows of public projects" in signed_in("member").get(reverse("workflows:badge", args=[slug, "fit"])).content.decode()
