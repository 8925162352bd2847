"""What people do with environments: add, change and test them, and have their registries asked."""

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.environments import storing, tasks
from catalog.environments.models import Environment, EnvironmentTest, EnvironmentVersion
from catalog.environments.storing import EnvironmentValues
from vre_portal import environment_tests
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.iam.models import User


class NotTestable(Exception):
    """The environment cannot be tested; the message says why and what to do."""


def create(*, by: User, values: EnvironmentValues) -> Environment:
    """A new environment, whose registry is asked."""
    with transaction.atomic():
        environment = storing.create(by=by, values=values)
        _have_asked(environment)
    return environment


def change(*, by: User, environment: Environment, seen: int, values: EnvironmentValues) -> bool:
    """A new version; False where nothing has changed. Raises ChangedMeanwhile."""
    with transaction.atomic():
        if changed := storing.change(by=by, environment=environment, seen=seen, values=values):
            environment.refresh_from_db()
            _have_asked(environment)
    return changed


def ask_again(environment: Environment) -> None:
    """Have the registry asked once more what the image is now."""
    state = EnvironmentVersion.Registry.WAITING
    EnvironmentVersion.objects.filter(environment=environment, number=environment.current.number if environment.current else 0).update(
        registry_state=state, registry_words="", **EnvironmentVersion.ANEW
    )
    environment.refresh_from_db()
    _have_asked(environment)


def _have_asked(environment: Environment) -> None:
    version = environment.current
    if version and version.registry_state == EnvironmentVersion.Registry.WAITING:
        enqueue(tasks.ask_registry, version.pk)


def why_not_testable(user: User, environment: Environment) -> str:
    """Why the person cannot have it tested, with what to do; empty where they can."""
    try:
        _testable(user, environment)
    except NotTestable as reason:
        return str(reason)
    return ""


def test_place() -> str:
    """Where environments are tested, for people."""
    starter = environment_tests.starter()
    return starter.title if starter else ""


def _testable(user: User, environment: Environment) -> tuple[EnvironmentVersion, environment_tests.Starter]:
    """What is tested, and what starts it. Raises NotTestable."""
    starter, version = environment_tests.starter(), environment.current
    if starter is None:
        raise NotTestable(_("Environments are not tested here: this portal has no service that can start one."))
    if version is None or not version.imports:
        raise NotTestable(_("There is nothing to test: enter the modules to import."))
    if reason := starter.refusal(user):
        raise NotTestable(reason)
    return version, starter


def test(*, by: User, environment: Environment, confirmed_version: int) -> EnvironmentTest:
    """Have it tested by a job; the test that is under way where there is one. Raises NotTestable, also where the person confirmed another
    version than the current one: the image runs as them."""
    version, starter = _testable(by, environment)
    if version.number != confirmed_version:
        raise NotTestable(
            _("Not started: the environment is now another version than the one you confirmed. Check its image and test it again.")
        )
    facts = {"version": version, "image": version.pinned, "digest": version.digest, "imports": version.imports}
    facts |= {"starter": starter.key, "by": by}
    with transaction.atomic():
        made, is_new = EnvironmentTest.objects.get_or_create(environment=environment, state=EnvironmentTest.State.RUNNING, defaults=facts)
        if is_new:
            enqueue(tasks.test, made.pk)
            record("environment.test", by=by, subject=f"environment/{environment.slug}", image=version.pinned)
    return made
