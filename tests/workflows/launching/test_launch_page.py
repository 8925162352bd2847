"""The launch page: a form and YAML of the same values, links, files, templates, settings of steps, badges."""

import json
import re
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.locking import ProjectClosed
from projects.models import Project
from projects.workflows import worker
from projects.workflows.launching import offer_worker, offers, templates
from projects.workflows.launching.overrides import applied
from projects.workflows.models import LaunchTemplate, ReanaOffer, Run, Specification
from projects.workflows.reana.info import Info
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import erasure
from vre_portal.iam.personal_data.data_export import export_person
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
VALUES = {"p-years": "5", "p-count": "4", "p-source": "PKS", "p-kind": "two", "p-bins": "[3]", "p-when": "2027-02-01", "p-code": "008"}
SENT = {"years": 5.0, "count": 4, "source": "PKS", "quick": False, "kind": "two", "bins": [3], "when": "2027-02-01", "code": "008"}


def filled(**more: str) -> dict[str, str]:
    return {"specification": "fit", "key": str(uuid.uuid4()), **VALUES, **{name.replace("__", "-"): value for name, value in more.items()}}


def textarea(page: str) -> str:
    found = re.search(r'<textarea[^>]*name="yaml"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found, "the page shows no YAML"
    return unescape(found[1])


def values_in(page: str) -> dict[str, str]:
    """What the fields of the form show."""
    found = {}
    for tag in re.findall(r'<input[^>]*name="p-[^>]*>', page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag:
            found[name[1]] = unescape(value[1]) if value else ""  # type: ignore[index]
    return found


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


def test_settings_of_steps_are_sent_carried_on_and_listed(member: Client, address: str, offer: ReanaOffer) -> None:
    changed = {"o-1-environment": "image:3", "o-1-memory": "6Gi", "o-1-time": "2h", "o-0-environment": "image:1"}
    assert member.post(address, {**filled(), **changed}).status_code == 302
    run = Run.objects.get()
    assert run.overrides == {"1": {"step": "fit", "environment": "image:3", "memory": "6Gi", "time": 7200}}
    steps = run.content["workflow"]["specification"]["steps"]
    assert (steps[1]["environment"], steps[1]["kubernetes_memory_limit"], steps[1]["kubernetes_job_timeout"]) == ("image:3", "6Gi", 7200)
    assert steps[0] == run.specification.content["workflow"]["specification"]["steps"][0]
    assert run.step_specifications[1]["environment"] == "image:3"
    page = member.get(run.get_absolute_url()).content.decode()
    assert "specification: <bdi>1Gi</bdi>" in page
    again = member.get(f"{address}&from=1").content.decode()
    assert 'value="6Gi"' in again
    assert 'value="image:3"' in again


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("o-0-memory", "9Gi", "At most 8Gi is allowed."),
        ("o-0-memory", "much", "Enter an amount such as 512Mi or 4Gi."),
        ("o-0-memory", "0", "Enter an amount"),
        ("o-0-time", "3000000", "At most 1209600 s is allowed."),
        ("o-0-environment", "a b; rm", "Enter the name of a container image"),
        ("o-0-backend", "condor", "has no backend"),
    ],
)
def test_settings_are_what_this_reana_offers(member: Client, address: str, offer: ReanaOffer, name: str, value: str, words: str) -> None:
    reply = member.post(address, {**filled(), name: value})
    assert reply.status_code == 422
    assert words in reply.content.decode()


def test_limits_of_kubernetes_are_refused_on_another_backend(member: Client, address: str, offer: ReanaOffer) -> None:
    reply = member.post(address, {**filled(), "o-0-backend": "slurmcern", "o-0-memory": "1Gi"})
    assert "can be changed on Kubernetes only" in reply.content.decode()
    assert member.post(address, {**filled(), "o-0-backend": "slurmcern"}).status_code == 302


def test_what_is_not_known_of_a_reana_is_said_and_not_offered(member: Client, address: str, specification: Specification) -> None:
    page = member.get(address).content.decode()
    assert "What Test REANA offers is being looked up." in page
    assert 'name="o-0-memory"' not in page
    assert 'name="o-0-environment"' in page
    assert "Test REANA has no GPUs." in page
    Specification.objects.update(text="workflow: {type: snakemake, file: Snakefile}\n")
    page = member.get(address).content.decode()
    assert "for Snakemake, REANA reads them only in the workflow’s own files" in page
    assert "No CPU limit can be set" in page


def test_many_steps_have_one_text_for_their_settings(member: Client, address: str, offer: ReanaOffer) -> None:
    steps = [{"name": f"step {number}", "environment": "e", "commands": ["echo"]} for number in range(40)]
    Specification.objects.update(text=json.dumps({"workflow": {"type": "serial", "specification": {"steps": steps}}}))
    sent = {"specification": "fit", "key": str(uuid.uuid4())}
    assert member.post(address, {**sent, "o-yaml": "step 3: {memory: 2Gi}\n40: {environment: x}"}).status_code == 302
    run = Run.objects.get()
    assert run.overrides == {"3": {"step": "step 3", "memory": "2Gi"}, "39": {"step": "step 39", "environment": "x"}}
    assert "4:\n  memory: 2Gi\n" in unescape(member.get(f"{address}&from=1").content.decode())
    for text, words in (
        ("nobody: {memory: 2Gi}", "There is no step"),
        ("3: {colour: red}", "no setting"),
        ("3: {memory: 9Gi}", "At most 8Gi"),
    ):
        reply = member.post(address, {**sent, "key": str(uuid.uuid4()), "o-yaml": text})
        assert words in reply.content.decode()


def test_settings_of_a_step_that_is_gone_are_told(member: Client, address: str, offer: ReanaOffer) -> None:
    member.post(address, {**filled(), "o-1-memory": "2Gi"})
    Specification.objects.update(text=Specification.objects.get().text.replace("name: fit", "name: other"))
    assert "because the workflow has changed: fit" in member.get(f"{address}&from=1").content.decode()


def test_applying_settings_leaves_the_specification_as_it_is(specification: Specification) -> None:
    before = json.dumps(specification.content)
    assert applied(specification.content, {"0": {"step": "fetch", "memory": "1Gi"}}) != specification.content
    assert json.dumps(specification.content) == before
    assert applied({"workflow": {"type": "cwl", "file": "a"}}, {"0": {"memory": "1Gi"}}) == {"workflow": {"type": "cwl", "file": "a"}}


def test_each_dialect_tells_what_it_offers_and_an_odd_answer_tells_nothing() -> None:
    old = Info.of(
        {
            "compute_backends": {"title": "", "value": ["kubernetes"]},
            "default_kubernetes_memory_limit": {"title": "", "value": "4Gi"},
            "kubernetes_max_memory_limit": {"title": "", "value": None},
            "maximum_kubernetes_jobs_timeout": {"title": "", "value": "1209600"},
        }
    )
    assert (old.backends, old.memory, old.max_memory, old.has_cpu, old.max_time) == (("kubernetes",), "4Gi", "", False, "1209600")
    new = Info.of({"kubernetes_max_cpu_limit": {"value": "2"}, "vetted_container_images_enabled": {"value": "True"}, "x": 3})
    assert (new.has_cpu, new.max_cpu, new.has_vetted_images) == (True, "2", True)
    assert Info.stored(json.loads(json.dumps(new.facts))) == new
    assert Info.of({"compute_backends": {"value": "kubernetes"}, "default_kubernetes_memory_limit": 4}) == Info()


def test_a_reana_is_asked_by_a_worker_once_and_a_failure_changes_nothing(
    specification: Specification, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    person = people["member"]
    assert offers.is_due(person, offers.offers())
    assert not offers.is_due(person, offers.offers())  # just asked
    monkeypatch.setattr(offer_worker, "access_token", lambda *_args, **_options: "token")
    offer_worker.ask(person.pk)  # nobody answers there
    assert not ReanaOffer.objects.exists()
    monkeypatch.setattr(offer_worker.reana, "info", lambda *_args: Info(backends=("kubernetes",)))
    offer_worker.ask(person.pk)
    assert offers.offer_of("reana").backends == ("kubernetes",)
    cache.clear()
    assert not offers.is_due(person, offers.offers())
    ReanaOffer.objects.update(url="http://elsewhere")
    assert offers.offer_of("reana").info is None  # another server under the same name


def test_values_are_saved_chosen_shared_renamed_and_deleted(
    member: Client, address: str, specification: Specification, signed_in: Callable[[str], Client], offer: ReanaOffer
) -> None:
    saved = member.post(address, {**filled(do="save"), "template-name": " My  fit ", "o-1-memory": "2Gi"})
    assert saved.status_code == 302
    template = LaunchTemplate.objects.get()
    assert (template.name, template.parameters, template.shared) == ("My fit", SENT, False)
    page = member.get(saved["Location"]).content.decode()
    assert values_in(page)["p-years"] == "5.0"
    assert 'value="2Gi"' in page
    lead = signed_in("lead")
    listed = reverse("workflows:launch-templates", args=[specification.project.slug])
    one = reverse("workflows:launch-template", args=[specification.project.slug, template.pk])
    assert "My fit" not in lead.get(listed).content.decode()
    assert lead.post(one, {"do": "delete"}).status_code == 404
    assert "filled in from the template" not in lead.get(f"{address}&template={template.pk}").content.decode()
    member.post(one, {"do": "share"})
    assert "My fit" in lead.get(listed).content.decode()
    assert values_in(lead.get(f"{address}&template={template.pk}").content.decode())["p-years"] == "5.0"
    lead.post(one, {"do": "rename", "name": "Ours"})  # editors tidy what is shared
    assert "Ours" in member.get(address).content.decode()
    assert member.post(address, {**filled(p__years="many", do="save"), "template-name": "Bad"}).status_code == 200
    assert LaunchTemplate.objects.count() == 1
    member.post(one, {"do": "delete"})
    assert not LaunchTemplate.objects.exists()


def test_another_member_does_not_change_a_shared_template(member: Client, specification: Specification, people: dict[str, User]) -> None:
    template = templates.save(by=people["lead"], specification=specification, name="T", shared=True, values=templates.Values(SENT, {}, {}))
    one = reverse("workflows:launch-template", args=[specification.project.slug, template.pk])
    assert member.post(one, {"do": "delete"}).status_code == 403


def test_a_template_says_which_of_its_parameters_is_gone(
    member: Client, address: str, specification: Specification, people: dict[str, User]
) -> None:
    values = templates.Values({**SENT, "gone": 1, "years": 99}, {}, {})
    template = templates.save(by=people["member"], specification=specification, name="T", shared=False, values=values)
    page = unescape(member.get(f"{address}&template={template.pk}").content.decode())
    assert "gone = 1 of the template “T” is not used: it is no longer a parameter." in page
    assert "years = 99 of the template “T” is not used: it does not fit" in page


def test_own_templates_go_with_the_person_and_shared_ones_stay_without_a_name(
    specification: Specification, people: dict[str, User]
) -> None:
    member = people["member"]
    for name, shared in (("mine", False), ("ours", True)):
        templates.save(by=member, specification=specification, name=name, shared=shared, values=templates.Values(SENT, {}, {}))
    assert {row["name"] for row in export_person(member)["workflows.launchtemplate"]} == {"mine", "ours"}
    erasure.erase(member)
    assert LaunchTemplate.objects.get().name == "ours"
    assert str(LaunchTemplate.objects.get().by).startswith("Deleted user")


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


def test_the_same_form_with_other_settings_is_refused(member: Client, address: str, offer: ReanaOffer) -> None:
    first = filled()
    assert member.post(address, first).status_code == 302
    assert member.post(address, {**first, "o-1-memory": "2Gi"}).status_code == 422
    assert Run.objects.count() == 1


def test_what_is_sent_to_reana_has_the_settings(member: Client, address: str, offer: ReanaOffer, monkeypatch: pytest.MonkeyPatch) -> None:
    member.post(address, {**filled(), "o-1-memory": "2Gi"})
    sent: list[Any] = []
    monkeypatch.setattr(worker.reana, "create", lambda _server, _token, _name, content: sent.append(content) or "id")
    run = Run.objects.get()
    worker._found_or_created(run, run.by, Service(ServiceKind.REANA, "x", "X", "http://127.0.0.1:9"), "")
    assert sent[0]["workflow"]["specification"]["steps"][1]["kubernetes_memory_limit"] == "2Gi"
    assert "vre" not in sent[0]


def test_a_template_of_a_project_that_was_archived_meanwhile_stays_as_it_is(specification: Specification, people: dict[str, User]) -> None:
    template = LaunchTemplate.objects.create(project=specification.project, specification=specification, by=people["member"], name="ours")
    Project.objects.filter(pk=specification.project_id).update(archived_at=timezone.now())
    for act in (
        lambda: templates.rename(by=people["member"], template=template, name="new"),
        lambda: templates.share(by=people["member"], template=template, shared=True),
        lambda: templates.delete(by=people["member"], template=template),
    ):
        with pytest.raises(ProjectClosed):
            act()
    kept = LaunchTemplate.objects.get()
    assert (kept.name, kept.shared) == ("ours", False)
