"""Change one person, as an administrator of the IAM would: switch off, switch on, groups."""

from typing import Any, override

from django.core.management.base import BaseCommand, CommandError, CommandParser

from devstack.iam.bootstrap import reset
from devstack.iam.models import Person


class Command(BaseCommand):
    """`person NAME [--disable | --enable | --reset] [--add GROUP] [--remove GROUP] [--groups a,b]`."""

    help = "Switch a person off or on, or change the groups."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        standing = parser.add_mutually_exclusive_group()
        standing.add_argument("--disable", action="store_true")
        standing.add_argument("--enable", action="store_true")
        standing.add_argument("--reset", action="store_true", help="as the demonstration has it")
        parser.add_argument("--add", action="append", default=[], metavar="GROUP")
        parser.add_argument("--remove", action="append", default=[], metavar="GROUP")
        parser.add_argument("--groups", metavar="A,B", help="exactly these; an empty text for none")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(username=options["name"]).first()
        if person is None:
            raise CommandError(f"There is no person called {options['name']!r}.")
        if options["reset"]:
            reset(person)
        elif options["disable"] or options["enable"]:
            person.is_active = options["enable"]
        groups = person.memberships
        if options["groups"] is not None:
            groups = [group for group in options["groups"].split(",") if group]
        groups = [group for group in groups if group not in options["remove"]]
        person.memberships = groups + [group for group in options["add"] if group not in groups]
        person.save()
        state = "active" if person.is_active else "disabled"
        self.stdout.write(f"{person.username}: {state}, groups {' '.join(person.memberships) or 'none'}")
