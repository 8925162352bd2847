"""Lists of packages as they are stored: the same text is one list."""

import hashlib
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from catalog.environments import locks
from catalog.environments.locks import Lock
from catalog.environments.models import Package, PackageList
from catalog.environments.models.packages import key_of

READER = b"2"  # changes when the same text would be read in another way
UNUSED_FOR = timedelta(days=1)  # until a list that no version has is deleted
LANGUAGES = {"python": "Python", "r-base": "R", "julia": "Julia", "root": "C++", "root-base": "C++", "nodejs": "JavaScript"}


def store(text: str, python: str = "", lock: Lock | None = None) -> PackageList:
    """The list that the text says of an image with this Python; `lock` is what was read of it before. Raises BadLock."""
    digest = hashlib.sha256(READER + f"{python}\n{text}".encode(errors="replace")).hexdigest()
    if stored := PackageList.objects.filter(sha256=digest).first():
        return stored
    lock = lock or locks.read(text, python)
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


def delete_unused() -> None:
    """Delete the lists that no version has, such as those of a change that could not be saved."""
    PackageList.objects.filter(versions=None, created_at__lt=timezone.now() - UNUSED_FOR).delete()


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
