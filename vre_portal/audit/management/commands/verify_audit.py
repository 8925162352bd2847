"""Check that nobody changed the record: `manage.py verify_audit`, or with `--expect NUMBER:DIGEST` that an earlier end is still in it."""

from argparse import ArgumentParser
from typing import Any, override

from django.core.management.base import BaseCommand, CommandError

from vre_portal.audit.models import AuditEntry
from vre_portal.audit.services import verify


class Command(BaseCommand):
    """Name the first broken entry, or the number and digest at the end, to be noted elsewhere."""

    help = "Verify the chain of the audit record."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--expect", metavar="NUMBER:DIGEST", help="what an earlier check printed, or the log says of an entry")

    @override
    def handle(self, *_: Any, **options: Any) -> None:
        found = verify()
        if found.broken is not None:
            raise CommandError(f"BROKEN at entry {found.broken}: {found.why}")
        if options["expect"]:
            number, digest = (*str(options["expect"]).split(":", 1), "")[:2]
            if not number.isdecimal() or not AuditEntry.objects.filter(number=int(number), digest=digest).exists():
                raise CommandError(f"BROKEN: entry {number} is gone or another one (the record ends at {found.entries})")
        self.stdout.write(f"{found.entries} entries, whole; end {found.entries}:{found.head}")
