"""Launch templates: values that are saved, chosen, shared, renamed and deleted."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.locking import ProjectClosed
from projects.models import Project
from projects.workflows.launching import templates
from projects.workflows.models import LaunchTemplate, ReanaOffer, Specification
from tests.workflows.launching.sent_values import SENT, filled, values_in
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import erasure
from vre_portal.iam.personal_data.data_export import export_person

pytestmark = pytest.mark.django_db


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
