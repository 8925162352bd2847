"""Change one client, as an administrator of the IAM would: what it may ask for, and how long the tokens live that it exchanges."""

from typing import Any, override

from allauth.idp.oidc.models import Client
from django.core.management.base import BaseCommand, CommandError, CommandParser

from devstack.iam.bootstrap import prepare
from devstack.iam.exchange import TOKEN_SECONDS


class Command(BaseCommand):
    """`client NAME [--reset] [--remove-scope SCOPE] [--remove-grant GRANT] [--token-seconds N]`."""

    help = "Take a scope or a grant from a client, or shorten the life of the tokens that it exchanges."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--reset", action="store_true", help="as the demonstration has it")
        parser.add_argument("--remove-scope", action="append", default=[], metavar="SCOPE")
        parser.add_argument("--remove-grant", action="append", default=[], metavar="GRANT")
        parser.add_argument("--token-seconds", type=int, metavar="N")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if options["reset"]:
            Client.objects.filter(id=options["name"]).update(data=None)
            prepare()
        client = Client.objects.filter(id=options["name"]).first()
        if client is None:
            raise CommandError(f"There is no client called {options['name']!r}.")
        client.set_scopes([scope for scope in client.get_scopes() if scope not in options["remove_scope"]])
        client.set_grant_types([grant for grant in client.get_grant_types() if grant not in options["remove_grant"]])
        if options["token_seconds"]:
            client.data = {**(client.data or {}), TOKEN_SECONDS: options["token_seconds"]}
        client.save()
        self.stdout.write(f"{client.id}: scopes {' '.join(client.get_scopes())}, grants {' '.join(client.get_grant_types())}")
