"""Beginning an onboarding, saving its steps, and making a draft project, a plan and requests of it, once."""

import uuid
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.locking import open_project_locked
from projects.models import Project
from projects.onboarding import plan_making, sending
from projects.onboarding.matching import Answers, Need, matched
from projects.onboarding.models import STEPS, Onboarding, Plan, onboardings_of
from projects.permissions import Permission, can, can_create_projects
from projects.start import services as start
from vre_portal.audit import record
from vre_portal.iam.models import User

MAX_OPEN = 20  # onboardings of one person that are not finished


class OnboardingRefused(Exception):
    """It cannot be done; the text says why, for the person who tried."""


class StepChanged(OnboardingRefused):
    """The step was saved elsewhere since it was opened; `onboarding` is as it is now."""

    def __init__(self, onboarding: Onboarding) -> None:
        super().__init__(_("This step was changed in another window since you opened it. Nothing was saved."))
        self.onboarding = onboarding


def begin(*, by: User, key: uuid.UUID, values: Mapping[str, Any]) -> Onboarding:
    """Begin with the values of the first step; the same form sent again gives the same onboarding. Raises OnboardingRefused."""
    return begin_with(by=by, key=key, answers={STEPS[0]: dict(values)})


@transaction.atomic
def begin_with(*, by: User, key: uuid.UUID, answers: Mapping[str, Mapping[str, Any]]) -> Onboarding:
    """Begin with answers of several steps, as those of an example or of a finished onboarding. Raises OnboardingRefused."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    if existing := Onboarding.objects.filter(by=by, key=key).first():
        return existing
    if onboardings_of(by).open().count() >= MAX_OPEN:
        message = _("You can have %(limit)s unfinished onboardings. Finish or delete one first.")
        raise OnboardingRefused(message % {"limit": MAX_OPEN})
    known = {step: dict(answers[step]) for step in STEPS if answers.get(step)}
    title = str(known.get(STEPS[0], {}).get("title") or "")[:200]
    return Onboarding.objects.create(by=by, key=key, title=title, answers=known, versions=dict.fromkeys(known, 1))


def begin_again(*, by: User, key: uuid.UUID, onboarding: Onboarding) -> Onboarding:
    """A new onboarding with the answers of another one of the person. Raises OnboardingRefused."""
    return begin_with(by=by, key=key, answers={step: onboarding.values_of(step) for step in STEPS})


@transaction.atomic
def save_step(*, by: User, onboarding: Onboarding, step: str, seen: int, values: Mapping[str, Any]) -> Onboarding:
    """Save one step over the version that the person saw. Raises StepChanged, OnboardingRefused; the same values again change nothing."""
    row = _locked(by, onboarding)
    if row.is_finished:
        raise OnboardingRefused(_("This onboarding is finished. Change the plan of its project instead. Nothing was saved."))
    if row.version_of(step) and row.values_of(step) == dict(values):
        return row
    if row.version_of(step) != seen:
        raise StepChanged(row)
    version = row.version_of(step) + 1
    row.answers = {**{name: row.values_of(name) for name in STEPS if row.values_of(name)}, step: dict(values)}
    row.versions = {**{name: row.version_of(name) for name in STEPS}, step: version}
    row.changed_at = timezone.now()
    if step == STEPS[0]:
        row.title = str(values.get("title") or row.title)[:200]
    row.save(update_fields=["answers", "versions", "changed_at", "title"])
    return row


@transaction.atomic
def delete(*, by: User, onboarding: Onboarding) -> None:
    """Delete one's own onboarding; the plan of a project that was made of it stays."""
    Onboarding.objects.filter(pk=onboarding.pk, by=by).delete()


def finish(*, by: User, onboarding: Onboarding, fingerprint: str, chosen: Collection[str], into: Project | None) -> Project:
    """Make the plan and send the chosen requests, in a new draft or in a project of the person; finishing again gives the same project.

    `fingerprint` names the answers that the person confirmed. Raises OnboardingRefused, StepChanged, start.SlugTaken.
    """
    row = Onboarding.objects.select_related("project").filter(pk=onboarding.pk, by=by).first()
    if row is not None and row.is_finished:
        return _project_of(row)
    # Before anything is locked: others who wait for the person or the project do not wait for the look-up.
    answers = Answers.of(row.answers if row is not None else {})
    needs = matched(answers, by)
    if any(need.is_failed for need in needs):
        raise OnboardingRefused(_("Part of the needs could not be looked up. Nothing was sent. Try again in a minute."))
    return _finish(by=by, onboarding=onboarding, fingerprint=fingerprint, chosen=chosen, into=into, answers=answers, needs=needs)


@transaction.atomic
def _finish(
    *,
    by: User,
    onboarding: Onboarding,
    fingerprint: str,
    chosen: Collection[str],
    into: Project | None,
    answers: Answers,
    needs: Collection[Need],
) -> Project:
    """Write it all, if the answers are still those that were confirmed and matched."""
    # The person before the project, as all who lock both: the requests that are sent below lock the person.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    row = _locked(by, onboarding)
    if row.is_finished:
        return _project_of(row)
    if row.fingerprint != fingerprint or Answers.of(row.answers) != answers:
        raise StepChanged(row)
    _require_room(by, needs, chosen)
    project = _draft(by, row, answers) if into is None else _own_project(by, into)
    plan = Plan.objects.create(project=project, created_by=by)
    sent = plan_making.fill(by=by, plan=plan, needs=needs, chosen=chosen, answers=answers, key=row.key)
    row.project, row.finished_at, row.changed_at = project, timezone.now(), timezone.now()
    row.save(update_fields=["project", "finished_at", "changed_at"])
    record("onboarding.finished", by=by, subject=f"project/{project.slug}", onboarding=row.pk, requests=sent, items=plan.items.count())
    return project


def _require_room(by: User, needs: Collection[Need], chosen: Collection[str]) -> None:
    """Refuse more requests than the person can have: none of them is dropped without a word."""
    count, room = (
        len(sending.joined([need.suggestion for need in needs if need.suggestion and need.suggestion.key in chosen])),
        sending.room_for(by),
    )
    if count > room:
        message = ngettext(
            "You chose %(count)s requests, and can send %(n)s more now. Nothing was sent. Deselect some, or withdraw requests that you have.",
            "You chose %(count)s requests, and can send %(n)s more now. Nothing was sent. Deselect some, or withdraw requests that you have.",
            room,
        )
        raise OnboardingRefused(message % {"count": count, "n": room})


def _project_of(row: Onboarding) -> Project:
    """The project that a finished onboarding made. Raises OnboardingRefused where it was deleted."""
    if row.project is None:
        raise OnboardingRefused(_("This onboarding is finished, and its project was deleted. Begin a new one."))
    return row.project


def _locked(by: User, onboarding: Onboarding) -> Onboarding:
    """The row as it is now, of this person."""
    # Without its project joined: who waited for the lock would get the joined row as it was before.
    row = Onboarding.objects.select_for_update().filter(pk=onboarding.pk, by=by).first()
    if row is None:
        raise OnboardingRefused(_("This onboarding was deleted. Nothing was saved."))
    return row


def _draft(by: User, onboarding: Onboarding, answers: Answers) -> Project:
    """A draft project with what the answers say of it."""
    if not can_create_projects(by):
        raise OnboardingRefused(_("You can't create projects. Ask for a new project first, then choose it here."))
    people = onboarding.values_of(STEPS[0])
    institutes = [row for row in people.get("institutes") or [] if isinstance(row, dict) and isinstance(row.get("name"), str)]
    values: dict[str, Any] = {
        "title": answers.title or onboarding.title,
        "summary": answers.summary,
        "contact": answers.contact,
        "experiments": list(answers.experiments),
        "institutes": list(dict.fromkeys(row["name"] for row in institutes)),
        "institute_rors": {row["name"]: str(row["ror"]) for row in institutes if row.get("ror")},
    }
    try:
        return start.create(by=by, key=onboarding.key, slug="", values=values)
    except start.FormUsed as used:
        raise OnboardingRefused(_("The project of this onboarding was deleted. Begin a new onboarding.")) from used


def _own_project(by: User, project: Project) -> Project:
    """A project that the person edits and that has no plan yet, locked."""
    now = open_project_locked(project)
    if not can(by, now, Permission.EDIT):
        raise OnboardingRefused(_("You can no longer change this project. Choose another one."))
    if Plan.objects.filter(project=now).exists():
        raise OnboardingRefused(_("This project has a plan already. Choose another project, or add to its plan."))
    return now


def needs_of(onboarding: Onboarding, reader: User, step: str = "") -> list[Need]:
    """The needs of an onboarding with their matches."""
    return matched(Answers.of(onboarding.answers), reader, step)


def forget_old() -> int:
    """Delete onboardings that nobody changed for ONBOARDING_DAYS; plans stay. Returns how many."""
    before = timezone.now() - timedelta(days=settings.ONBOARDING_DAYS)
    return Onboarding.objects.filter(changed_at__lt=before).delete()[0]
