"""The environments in which a session can start at a hub: one list for forms, for the hub itself and for its configuration."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, Q, When

from catalog.environments.configured_names import slug_of
from catalog.environments.models import Environment
from catalog.environments.verdicts import Verdict, verdicts
from vre_portal.services import Service

MAX_PROFILES = 100


@dataclass(frozen=True)
class Profile:
    """One environment as a hub starts it; `image` has the digest where its registry has said it."""

    pk: int
    slug: str
    name: str
    summary: str
    session_kind: str
    image: str
    digest: str
    has_gpu: bool | None
    has_cvmfs: bool | None
    python: str
    modules: tuple[str, ...]  # what it promises to import
    url: str
    tested: Verdict | None = None  # known only where asked for

    @classmethod
    def of(cls, environment: Environment) -> "Profile":
        """Of an environment that has a version; raises ValueError where it has none."""
        version = environment.current
        if version is None:
            raise ValueError(f"{environment.slug} has no version")
        facts: dict[str, Any] = {name: getattr(environment, name) for name in ("pk", "slug", "name", "summary", "session_kind")}
        facts |= {name: getattr(version, name) for name in ("digest", "has_gpu", "has_cvmfs", "python")}
        return cls(**facts, image=version.pinned, modules=tuple(version.imports), url=environment.get_absolute_url())


def profiles_of(hub: Service, *, with_tests: bool = False) -> list[Profile]:
    """The environments in which sessions start at a hub, the default one first; all are public.

    These are the ones that services.toml names for the hub, in its order; with the option `starts_catalogue`, then all others of the
    catalogue. Each has a kind of session, is offered, and needs no GPU where the hub has none.
    """
    order = _named(hub)
    rows = Environment.objects.offered().exclude(session_kind="").filter(for_notebooks=True)
    named = Q(slug__in=order) & ~Q(configured="")  # not one that people gave the same name
    rows = rows if hub.options.get("starts_catalogue") is True else rows.filter(named)
    if hub.options.get("gpu") is False:
        rows = rows.exclude(current__has_gpu=True)
    named_first = Case(When(named, then=0), default=1)  # however many there are, those of the file are among them
    found = list(rows.select_related("current").order_by(named_first, "name", "pk")[:MAX_PROFILES])
    found.sort(key=lambda row: order.get(row.slug, len(order)) if row.configured else len(order))
    return [*_tested(found)] if with_tests else [Profile.of(row) for row in found]


def has_profiles(hub: Service) -> bool:
    """Whether the hub starts listed environments only, as services.toml says; otherwise it chooses its image itself."""
    return bool(_named(hub)) or hub.options.get("starts_catalogue") is True


def hubs_of(environment: Environment, hubs: Iterable[Service]) -> Iterable[Service]:
    """The hubs at which a session can start in the environment."""
    return (
        () if not environment.session_kind else (hub for hub in hubs if any(profile.pk == environment.pk for profile in profiles_of(hub)))
    )


def _named(hub: Service) -> dict[str, int]:
    """The names of the entries that have a kind of session, with their places."""
    entries = hub.options.get("environments")
    named = [entry for entry in entries if isinstance(entry, dict) and entry.get("session_kind")] if isinstance(entries, list) else []
    return {slug: place for place, slug in enumerate(map(slug_of, named))}


def _tested(rows: list[Environment]) -> Iterator[Profile]:
    """With what their tests say."""
    told = verdicts(rows)
    return (replace(Profile.of(row), tested=told.get(row.pk, Verdict())) for row in rows)
