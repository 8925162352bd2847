"""Software in environments: a package of an entry's name, or of its repository's, is taken as the software."""

from collections.abc import Iterator

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower

from catalog.environments import lookup
from catalog.environments.models.packages import key_of
from catalog.software.models import Entry, EntryQuerySet
from vre_portal.iam.models import User
from vre_portal.usage import MAX_OF_SOURCE, Thing, Use


def software_in(_person: User | AnonymousUser, thing: Thing) -> Iterator[Use]:
    """The listed entries that an environment has as a package; all are public."""
    if thing.kind != "environment":
        return
    if names := lookup.package_names(thing.identifiers):
        for entry in _named(names).order_by(Lower("title"), "pk")[: MAX_OF_SOURCE + 1]:
            yield Use("software", entry.title, entry.get_absolute_url(), entry.version)


def environments_of(_person: User | AnonymousUser, thing: Thing) -> Iterator[Use]:
    """The environments that have an entry as a package, with its version there; all are public."""
    if thing.kind != "software":
        return
    entry = Entry.objects.filter(service=thing.service, concept=thing.identifier).first()
    for name in dict.fromkeys(_names_of(entry)) if entry else ():
        for environment, version in lookup.environments_with(name):
            yield Use("environment", environment.name, environment.get_absolute_url(), f"{name} {version}".strip())


def _names_of(entry: Entry) -> list[str]:
    """What its package may be called: titles often have words after the name, so that only those of one word are one."""
    repository = entry.repository.rstrip("/").removesuffix(".git").rpartition("/")[2]
    title = entry.title.split(":")[0].strip()
    return [key_of(name) for name in (title if " " not in title else "", repository) if name]


def _named(names: set[str]) -> EntryQuerySet:
    last = Func(F("repository"), Value(r"^.*/([^/]+?)(\.git)?/?$"), Value(r"\1"), function="regexp_replace")
    rows = Entry.objects.listed().annotate(own=Lower("title"), place=Lower(last))
    return rows.filter(Q(own__in=names) | Q(place__in=names))
