"""Load science projects and their workflows from a content file: `manage.py load_content demo/content.toml`."""

import re
import tomllib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from projects.content import BadEntry, load_project
from projects.models import Project
from projects.workflows import content_repository
from projects.workflows.content import load_specification
from projects.workflows.notebook_pages.content import add_notebook_page
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

HEADER = re.compile(r"^\s*\[\[\s*(project(?:\s*\.\s*workflow)?)\s*\]\]", re.MULTILINE)


class Command(BaseCommand):
    """May run at every start: what exists is kept. What is wrong with one entry is told, and the others are loaded."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--repositories",
            default="",
            metavar="ADDRESS",
            help="where the repositories are that workflows name; read from folders where not given",
        )
        parser.add_argument("--person", action="append", default=[], metavar="NAME=SUBJECT", help="who a name in the file is at the IAM")

    def handle(self, *args: Any, **options: Any) -> None:
        self.path: Path = options["file"]
        self.repositories: str = options["repositories"]
        self.problems = 0
        source, entries = self.read()
        self.lines = lines_of(source, entries)
        people = self.people(options["person"])
        for number, entry in enumerate(entries):
            self.load(number, entry, people)
        if self.problems:
            raise CommandError(f"{self.path}: {self.problems} problem{'s' if self.problems > 1 else ''}, named above; all else was loaded.")

    def read(self) -> tuple[str, list[Any]]:
        """The file's text and its projects. Raises CommandError where it is no content file at all."""
        try:
            source = self.path.read_text()
            entries = tomllib.loads(source).get("project", [])
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            raise CommandError(f"{self.path}: {getattr(error, 'strerror', None) or error}") from None
        if not isinstance(entries, list):
            raise CommandError(f"{self.path}: project must be an array of tables: [[project]]")
        return source, entries

    def people(self, pairs: list[str]) -> dict[str, User]:
        """Who the names in the file are."""
        issuer = service(ServiceKind.IAM).url
        people = {}
        for pair in pairs:
            name, _, subject = pair.partition("=")
            people[name] = User.objects.owner_of(issuer, subject, preferred_username=name)
        return people

    def load(self, number: int, entry: Any, people: dict[str, User]) -> None:
        """One project and its workflows, each for itself."""
        place = f"project {entry.get('slug', number + 1) if isinstance(entry, dict) else number + 1}"
        line = self.lines.get((number, None))
        try:
            if not isinstance(entry, dict):
                raise BadEntry("must be a table")
            project, problems = load_project(
                entry, self.path.parent, people, lambda words: self.stdout.write(f"{self.path}:{line or 1}: {place}: note: {words}")
            )
        except BadEntry as error:
            self.tell(line, place, str(error))
            return
        for words in problems:
            self.tell(line, place, words)
        workflows = entry.get("workflow", [])
        for position, workflow in enumerate(workflows if isinstance(workflows, list) else [workflows]):
            self.load_workflow(project, workflow, self.lines.get((number, position), line), place, position)

    def load_workflow(self, project: Project, workflow: Any, line: int | None, place: str, position: int) -> None:
        """One workflow; with faults it is stored, and they are told."""
        name = workflow.get("name", position + 1) if isinstance(workflow, dict) else position + 1
        place = f"{place}, workflow {name}"
        try:
            if not isinstance(workflow, dict):
                raise BadEntry("must be a table")
            if self.repositories and "repository" in workflow:
                specification = content_repository.enter(project, workflow, self.repositories)
            else:
                with transaction.atomic():
                    specification = load_specification(project, workflow, self.path.parent)
            add_notebook_page(specification, workflow)
        except BadEntry as error:
            self.tell(line, place, str(error))
        except Exception as error:  # noqa: BLE001 -- whatever one workflow does, the others are loaded, and the command fails in the end
            self.tell(line, place, f"could not be loaded: {type(error).__name__}: {str(error)[:300]}")
        else:
            for fault in specification.faults:
                self.tell(line, place, f"{specification.path}: {fault}")
            for remark in specification.remarks:
                self.stdout.write(f"{self.path}:{line or 1}: {place}: note: {remark}")

    def tell(self, line: int | None, place: str, words: str) -> None:
        self.problems += 1
        self.stderr.write(f"{self.path}{f':{line}' if line else ''}: {place}: {words}")


def lines_of(source: str, entries: list[Any]) -> dict[tuple[int, int | None], int]:
    """The line of each `[[project]]` and `[[project.workflow]]`; empty where the file is written in another way."""
    found: dict[tuple[int, int | None], int] = {}
    number, position = -1, 0
    for match in HEADER.finditer(source):
        line = source.count("\n", 0, match.start(1)) + 1
        if match[1] == "project":
            number, position = number + 1, 0
            found[number, None] = line
        else:
            found[number, position] = line
            position += 1
    expected = {(index, None) for index in range(len(entries))} | {
        (index, place)
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and isinstance(entry.get("workflow"), list)
        for place in range(len(entry["workflow"]))
    }
    return found if set(found) == expected else {}
