"""A run may be kept in a scope that fewer people may see than the run: they alone are told of what lies there."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from projects import authorization
from projects.models import Project
from projects.workflows import archiving
from projects.workflows.models import Keep, Run
from tests.workflows.test_who_sees_runs import EMBARGO, READERS, make_run
from tests.workflows.test_who_sees_runs import project as project
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]


def kept_in(scope: str, project: Project, by: User) -> tuple[Run, Keep]:
    run = make_run(project, by, "published")
    run.keeps.update(scope=scope, error="CANARY-error", failed={"CANARY-path": "CANARY-why"})
    return run, run.keeps.get()


@pytest.mark.parametrize("reader", READERS)
def test_a_published_run_names_what_is_kept_in_a_restricted_scope_to_its_readers_only(
    project: Project, people: dict[str, User], signed_in: SignIn, reader: str
) -> None:
    run, kept = kept_in(EMBARGO, project, people["lead"])
    for part in ("", "kept/", "?format=json", "?seen=x"):
        reply = signed_in(reader).get(run.get_absolute_url() + part)
        assert reply.status_code == 200
        told = {word for word in (kept.dataset, "CANARY-error", "CANARY-path", "CANARY-why") if word in reply.content.decode()}
        assert not told or reader in ("member", "lead"), f"{reader} is told {told} at {part}"
        if reader == "lead" and part in ("", "kept/"):
            assert kept.dataset in told


def test_what_is_kept_for_people_with_an_account_is_not_named_to_strangers(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    run, kept = kept_in("user.lead", project, people["lead"])
    assert kept.dataset not in signed_in("anonymous").get(run.get_absolute_url()).content.decode()
    assert kept.dataset in signed_in("newcomer").get(run.get_absolute_url()).content.decode()  # belongs to the project


def test_what_is_kept_in_a_public_scope_is_named_to_all(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    run, kept = kept_in("KM3NET_ECAP_SP", project, people["lead"])
    assert kept.dataset in signed_in("anonymous").get(run.get_absolute_url()).content.decode()


def test_an_export_is_short_of_what_was_kept_where_its_person_may_no_longer_read(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    _, kept = kept_in(EMBARGO, project, people["member"])
    assert kept.dataset in json.dumps(signed_in("member").get("/me/export/").json()["workflows.keep"])
    people["member"].groups = ["escape"]
    people["member"].save()
    rows = json.dumps(signed_in("member").get("/me/export/").json()["workflows.keep"])
    assert kept.dataset not in rows
    assert "CANARY" not in rows


def test_nobody_keeps_where_they_may_not_read_and_the_place_is_not_named(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    project.scope = EMBARGO
    project.save()
    run = make_run(project, people["newcomer"], "plain", inputs={})
    for reply in (signed_in("newcomer").get(f"{run.get_absolute_url()}keep/"), signed_in("newcomer").get(run.get_absolute_url())):
        assert EMBARGO not in reply.content.decode()
    assert signed_in("newcomer").post(f"{run.get_absolute_url()}keep/", {"dataset": "abc"}).status_code == 403


def test_a_worker_keeps_by_the_groups_of_now_and_not_by_those_of_its_row(
    project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The groups are asked for while the worker has the row in hand already."""
    run = make_run(project, people["member"], "restricted")
    run.keeps.update(scope=EMBARGO, dataset="x.y.z")
    kept = Keep.objects.select_related("by", "run__project").get(run=run)

    def asked(user: User) -> User:
        User.objects.filter(pk=user.pk).update(groups=["escape"])
        return User.objects.get(pk=user.pk)

    monkeypatch.setattr(authorization, "refresh_user", asked)
    monkeypatch.setattr(archiving, "access_token", lambda *_: pytest.fail("it goes on"))
    with pytest.raises(authorization.NotAuthorizedAnymore, match="no longer has access to the data"):
        archiving._go_on(kept)
