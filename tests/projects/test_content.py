"""Projects that come from a content file are in the audit record like those that people make."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from devstack import address
from projects.models import Membership, Project
from vre_portal.audit.models import AuditEntry
from vre_portal.audit.services import verify
from vre_portal.iam.models import Identity, User
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
FILE = str(address.ROOT / "demo" / "content.toml")
PEOPLE = [f"--person={name}={address.subject(name)}" for name in address.DEMO_USERS]


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("number"))


def test_each_project_and_each_of_its_people_is_in_the_record() -> None:
    call_command("load_content", FILE, *PEOPLE)
    made = {entry.subject: entry.facts["visibility"] for entry in entries("project.create")}
    assert made == {f"project/{project.slug}": project.visibility for project in Project.objects.all()}
    told = {
        (entry.subject, str(entry.facts.get("person") or entry.facts["group"]), entry.facts["role"])
        for entry in entries("project.people.added")
    }
    rows = Membership.objects.select_related("project", "user")
    assert told == {(f"project/{row.project.slug}", str(row.user.handle) if row.user else row.group, row.role) for row in rows}
    assert len(entries("resource.add")) > 0
    assert {entry.actor for entry in AuditEntry.objects.all()} == {None}
    assert verify().broken is None


def test_loading_it_again_records_nothing_more() -> None:
    call_command("load_content", FILE, *PEOPLE)
    before = AuditEntry.objects.count()
    call_command("load_content", FILE, *PEOPLE)
    assert AuditEntry.objects.count() == before


def test_who_was_forgotten_at_the_first_time_gets_the_role_at_the_second(tmp_path: Path) -> None:
    """The first answer says to name the lead with --person; doing so has to help."""
    file = tmp_path / "content.toml"
    file.write_text(
        '[[project]]\nslug = "late"\ntitle = "Late"\nsummary = "s"\ndescription = "d"\npeople = { lead = "lead", member = "member" }\n'
    )
    with pytest.raises(CommandError):
        call_command("load_content", str(file))
    assert not Membership.objects.exists()
    call_command("load_content", str(file), *PEOPLE)
    assert set(Membership.objects.values_list("role", flat=True)) == {"lead", "member"}


def test_a_project_with_a_lead_gets_nobody_back_from_the_file() -> None:
    call_command("load_content", FILE, *PEOPLE)
    project = Project.objects.get(slug="km3net")
    project.memberships.exclude(role="lead").delete()
    call_command("load_content", FILE, *PEOPLE)
    assert set(project.memberships.values_list("role", flat=True)) == {"lead"}


def test_loading_it_again_knows_a_person_who_now_signs_in_by_a_second_identity() -> None:
    call_command("load_content", FILE, *PEOPLE)
    first = {"issuer": service(ServiceKind.IAM).url, "subject": address.subject("lead")}
    lead = User.objects.for_identity(**first, name="Lena Lead")
    Identity.objects.create(user=lead, issuer="https://second.example", subject="lena")
    User.objects.for_identity("https://second.example", "lena", name="Lena, elsewhere")
    count = User.objects.count()
    call_command("load_content", FILE, *PEOPLE)
    assert User.objects.count() == count
    assert User.objects.for_identity(**first, name="Lena Lead") == lead


def test_the_activity_page_says_who_made_them(signed_in: Any) -> None:
    call_command("load_content", FILE, *PEOPLE)
    page = signed_in("lead").get("/projects/km3net/activity/").content.decode()
    assert "The administrators" in page
    assert "A deleted account" not in page
