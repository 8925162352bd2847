"""Write the values for the chart of Zero to JupyterHub: `manage.py hub_config > values.yaml`. The catalogue decides which environments start."""

from collections.abc import Iterator
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.notebooks import choosing
from projects.notebooks.hub_configuration import SECRETS, values
from projects.notebooks.hub_offers import writes_starter
from projects.notebooks.hub_people import iam_of
from vre_portal.http import RemoteError
from vre_portal.iam.oidc import discovery
from vre_portal.services import Service, ServiceKind, UnknownService, service


class Values(yaml.SafeDumper):
    """Texts of several lines are written as they are."""


def text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


Values.add_representer(str, text)


def warnings(hub: Service) -> Iterator[str]:
    """What operators have to know of the values, by the options of the hub."""
    if hub.options.get("lake_mount"):
        yield "lake_mount: everybody with a session can read all of the mounted volume, restricted scopes included."
    if writes_starter(hub):
        yield (
            "A hub with these values writes no starter notebooks: set writes_starter = false for it in services.toml, so that the portal "
            "does not offer baskets and data that sessions would not bring."
        )


class Command(BaseCommand):
    """Holds no secret; says where they belong."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hub", help="its name in services.toml; the first one where not given")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            hub = service(ServiceKind.JUPYTERHUB, options["hub"])
            iam = iam_of(hub)
            endpoints = discovery.read(iam)
        except (UnknownService, RemoteError) as error:
            raise CommandError(str(error)) from None
        try:
            lake = choosing.lake_of(hub)
        except UnknownService:
            lake = None
        made = values(hub, iam, endpoints, lake, settings.PORTAL_URL)
        if not made["singleuser"]["profileList"]:
            self.stderr.write(f"The catalogue has no environment for sessions at {hub.title}: the hub would start its default image.")
        if not made["hub"]["config"]["GenericOAuthenticator"]["allowed_groups"]:
            self.stderr.write(f"{hub.title} has no allowed_groups in services.toml: nobody could sign in there.")
        for warning in warnings(hub):
            self.stderr.write(warning)
        head = [f"{hub.title}, by `manage.py hub_config`. In a file of values of its own, which is kept secret:", *SECRETS]
        self.stdout.write("".join(f"# {line}\n" for line in head))
        self.stdout.write(yaml.dump(made, Dumper=Values, sort_keys=False, width=140, allow_unicode=True))
