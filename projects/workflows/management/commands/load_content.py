"""Load science projects and their workflows from a content file: `manage.py load_content demo/content.toml`."""

import tomllib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from projects.content import load_project
from projects.workflows.content import load_specification
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service


class Command(BaseCommand):
    """May run at every start: what exists is kept."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--person", action="append", default=[], metavar="NAME=SUBJECT", help="who a name in the file is at the IAM")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        issuer = service(ServiceKind.IAM).url
        people = {}
        for pair in options["person"]:
            name, _, subject = pair.partition("=")
            people[name] = User.objects.owner_of(issuer, subject, preferred_username=name)
        for entry in tomllib.loads(path.read_text())["project"]:
            project = load_project(entry, path.parent, people)
            for workflow in entry.get("workflow", []):
                load_specification(project, workflow, path.parent)
