"""Storing environments: each change is a version; of two editors at once, the second is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.environments import lists
from catalog.environments.models import Environment, EnvironmentVersion, PackageList
from vre_portal.audit import record
from vre_portal.iam.models import User

DESCRIBING = ("name", "summary", "status", "status_words", "for_notebooks", "for_workflows", "session_kind", "contact", "owner")
CONTENT = ("image", "has_gpu", "has_cvmfs", "languages", "python", "imports", "packages")
RESERVED_SLUGS = frozenset({"new"})  # addresses of other pages below /catalog/environments/


class ChangedMeanwhile(Exception):
    """Somebody else saved the environment since this editor opened it."""


@dataclass(frozen=True)
class EnvironmentValues:
    """All that people write of an environment."""

    name: str
    image: str
    summary: str = ""
    status: str = Environment.Status.OFFERED
    status_words: str = ""
    for_notebooks: bool = False
    for_workflows: bool = False
    session_kind: str = ""
    contact: str = ""
    owner: User | None = None
    has_gpu: bool | None = None
    has_cvmfs: bool | None = None
    languages: Sequence[str] = ()
    python: str = ""
    imports: Sequence[str] = ()
    packages: PackageList | None = None
    note: str = field(default="", compare=False)
    is_list_new: bool = field(default=False, compare=False)  # whether the packages were entered just now, for this image

    @classmethod
    def of(cls, environment: Environment) -> "EnvironmentValues":
        """As the environment is now."""
        version = environment.current
        facts = {name: getattr(environment, name) for name in DESCRIBING}
        facts |= {name: getattr(version, name) for name in CONTENT} if version else {"image": ""}
        return cls(**facts)

    def completed(self) -> dict[str, Any]:
        """All fields by name; what was left empty is taken from the packages."""
        facts = {item.name: getattr(self, item.name) for item in fields(self)}
        facts["languages"], facts["imports"] = list(self.languages), list(self.imports)
        if self.packages:
            facts["python"] = self.python or lists.python_in(self.packages)
            facts["languages"] = facts["languages"] or lists.languages_in(self.packages)
        return facts


def create(*, by: User | None, values: EnvironmentValues, slug: str = "", configured: str = "") -> Environment:
    """A new environment with its first version. One that the configuration names gets no other slug than that: raises ChangedMeanwhile where
    somebody has just taken it."""
    facts = values.completed()
    begin = slugify(slug or values.name)[:70] or "environment"
    for number in range(1, 2 if configured else 100):
        named = begin if number == 1 else f"{begin}-{number}"
        if named in RESERVED_SLUGS:
            continue
        try:
            with transaction.atomic():
                describing = {name: facts[name] for name in DESCRIBING}
                environment = Environment.objects.create(slug=named, configured=configured, **describing)
                _add_version(environment, by, facts, [])
                _record("environment.create", by, environment)
                return environment
        except IntegrityError:
            if not Environment.objects.filter(slug=named).exists():
                raise
    raise ChangedMeanwhile(begin)


def change(*, by: User | None, environment: Environment, seen: int, values: EnvironmentValues, configured: str = "") -> bool:
    """Make a version of what has changed; False where nothing has. Raises ChangedMeanwhile unless `seen` is the number of the current one."""
    with transaction.atomic():
        row = Environment.objects.select_for_update(of=("self",)).get(pk=environment.pk)
        before, facts = EnvironmentValues.of(row).completed(), values.completed()
        changed = [name for name in (*DESCRIBING, *CONTENT) if before[name] != facts[name]]
        if values.is_list_new and "packages" not in changed and ("image" in changed or _is_list_of_other(row.current)):
            changed.append("packages")
        if configured:
            Environment.objects.filter(pk=row.pk).update(configured=configured)
        if not changed:
            return False
        if row.current is None or row.current.number != seen:
            raise ChangedMeanwhile(row.slug)
        for name in DESCRIBING:
            setattr(row, name, facts[name])
        row.changed_at = timezone.now()
        row.save(update_fields=[*DESCRIBING, "changed_at"])
        _add_version(row, by, facts, changed)
        _record("environment.edit", by, row)
    return True


def tag_moved(version: EnvironmentVersion, **told: Any) -> None:
    """The tag stands for another image than it did: a version of its own, with what the registry says of that one."""
    with transaction.atomic():
        row = Environment.objects.select_for_update(of=("self",)).get(pk=version.environment_id)
        if row.current_id != version.pk:
            return
        facts = EnvironmentValues.of(row).completed() | {"note": _("The tag now points to another image.")}
        _add_version(row, None, facts, ["digest"], **told)


def version_of_list(version: EnvironmentVersion) -> EnvironmentVersion | None:
    """The version for which its packages were entered, if that was another image; None where they were entered for this one."""
    if version.packages_id is None or version.number == 1:
        return None
    rows = EnvironmentVersion.objects.filter(environment=version.environment_id, packages=version.packages_id, number__lte=version.number)
    entered = rows.filter(Q(number=1) | Q(changes__contains=["packages"])).first()
    if entered is None:
        return None
    if entered.digest and version.digest:
        return entered if entered.digest != version.digest else None
    return entered if entered.image != version.image else None


def _is_list_of_other(version: EnvironmentVersion | None) -> bool:
    return version is not None and version_of_list(version) is not None


def _add_version(environment: Environment, by: User | None, facts: dict[str, Any], changed: list[str], **told: Any) -> None:
    """The next version, current from now on; its registry is asked unless `told` says what it says."""
    last = environment.current
    values = {name: facts[name] for name in (*CONTENT, "note")}
    if last and last.image == facts["image"] and not told:
        told = {name: getattr(last, name) for name in EnvironmentVersion.COPIED}
    version = EnvironmentVersion.objects.create(
        environment=environment, number=last.number + 1 if last else 1, by=by, changes=changed, **values, **told
    )
    environment.current = version
    environment.save(update_fields=["current"])


def _record(action: str, by: User | None, environment: Environment) -> None:
    version = environment.current
    facts: dict[str, Any] = {"version": version.number, "image": version.image, "status": environment.status} if version else {}
    record(action, by=by, subject=f"environment/{environment.slug}", **facts)
