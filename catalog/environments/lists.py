"""Lists of packages as they are stored: the same text is one list."""

import hashlib

from django.db import transaction

from catalog.environments import locks
from catalog.environments.models import Package, PackageList
from catalog.environments.models.packages import key_of

READER = b"1"  # changes when the same text would be read in another way
LANGUAGES = {"python": "Python", "r-base": "R", "julia": "Julia", "root": "C++", "root-base": "C++", "nodejs": "JavaScript"}


def store(text: str) -> PackageList:
    """The list that the text says. Raises BadLock."""
    digest = hashlib.sha256(READER + text.encode(errors="replace")).hexdigest()
    if stored := PackageList.objects.filter(sha256=digest).first():
        return stored
    lock = locks.read(text)
    facts = {"format": lock.format, "count": len(lock.packages), "unread": lock.unread, "unread_first": list(lock.unread_first)}
    with transaction.atomic():
        made, is_new = PackageList.objects.get_or_create(sha256=digest, defaults=facts)
        if is_new:
            rows = [
                Package(list=made, key=key_of(item.name), name=item.name, version=item.version, source=item.source)
                for item in lock.packages
            ]
            Package.objects.bulk_create(rows, batch_size=2000)
    return made


def languages_in(packages: PackageList) -> list[str]:
    """The programming languages of which the list has the interpreter or the libraries."""
    keys = set(packages.packages.filter(key__in=LANGUAGES).values_list("key", flat=True))
    found = {LANGUAGES[key] for key in keys}
    if packages.packages.filter(source="pip").exists():
        found.add("Python")
    return sorted(found)


def python_in(packages: PackageList) -> str:
    """The version of Python in the list; empty where it has none."""
    version = packages.packages.filter(key="python").values_list("version", flat=True).first()
    return (version or "")[:20]
