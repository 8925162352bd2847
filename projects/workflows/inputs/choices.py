"""What may be chosen for an input, a page at a time: data of the project, of a lake, files of runs, uploads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.index import search
from datalake.index.query import read
from datalake.index.visitors import access_of
from datalake.pages.addresses import did_address
from projects.models import Project, Resource
from projects.workflows.inputs.accepting import needs_folder
from projects.workflows.inputs.attached import files_for, results_of
from projects.workflows.inputs.kept import kept_choices
from projects.workflows.inputs.readiness import Readiness, State, readiness
from projects.workflows.models import InputUpload, Run
from vre_portal import things
from vre_portal.iam.models import User
from vre_portal.services import Service

PAGE = 25
MAX_OFFSET = 100_000  # rows that are passed by
MAX_NAMED = 10  # runs whose files are still being copied


@dataclass(frozen=True)
class Choice:
    """A row of the picker. `value` is what its button sends; empty where it cannot be bound to this input, which `why_not` says.

    `opens` is what the button of a collection sends that is opened to choose a file in it.
    """

    value: str
    name: str
    type: str = "FILE"
    detail: str = ""
    address: str = ""
    files: int | None = None
    bytes: int | None = None
    state: str = State.THERE
    words: str = ""
    why_not: str = ""
    opens: str = ""


@dataclass(frozen=True)
class Choices:
    """A page of rows; `following` is where the next one begins, `note` what else is to be said."""

    rows: Sequence[Choice] = ()
    following: str = ""
    note: str = ""
    kept: Sequence[Choice] = field(default_factory=tuple)


@dataclass(frozen=True)
class Question:
    """Who chooses what: the person, the project, whether a collection will do, what is searched for, and where the page begins."""

    person: User
    project: Project
    takes_collection: bool
    words: str = ""
    after: str = ""
    with_copies: bool = False

    @property
    def offset(self) -> int:
        """Where the page begins, for lists that are counted."""
        return min(int(self.after[:6]), MAX_OFFSET) if self.after.isdecimal() else 0

    def after_page(self, size: int) -> str:
        """Where the page after one of this size begins; empty where no list goes that far."""
        return str(self.offset + size) if self.offset < MAX_OFFSET else ""

    def page[Row: Model](self, rows: "QuerySet[Row]") -> tuple[list[Row], str]:
        """The rows of the page and where the next one begins."""
        found = list(rows[self.offset : self.offset + PAGE + 1])
        return found[:PAGE], self.after_page(PAGE) if len(found) > PAGE else ""


def of_project(question: Question) -> Choices:
    """Data that the project lists, as far as the person may see them."""
    rows = question.project.resources.filter(kind__in=Resource.IN_LAKES, identifier__contains=":").visible_to(question.person)
    if question.words:
        rows = rows.filter(Q(title__icontains=question.words) | Q(identifier__icontains=question.words))
    resources, following = question.page(rows)
    sources = {str(item.pk): {"lake": item.service, "did": item.identifier} for item in resources}
    known = {row.path: row for row in looked_at(question, sources)}
    return Choices([of_did(question, known[str(item.pk)], item.title) for item in resources], following)


def of_basket(question: Question) -> Choices:
    """Data in the person's basket."""
    values = things.in_basket(question.person, "did", question.words, question.offset, PAGE + 1)
    seen = things.pages_of(question.person, [f"did:{value}" for value in values[:PAGE]])
    named = {value: value.split(":", 1) for value in values[:PAGE] if f"did:{value}" in seen}
    sources = {value: {"lake": lake, "did": did} for value, (lake, did) in named.items()}
    left_out = len(values[:PAGE]) - len(named)
    following = question.after_page(PAGE) if len(values) > PAGE else ""
    text = ngettext(
        "%(n)s item of your basket is not shown: it no longer exists, or you don't have access to it.",
        "%(n)s items of your basket are not shown: they no longer exist, or you don't have access to them.",
        left_out,
    )
    return Choices([of_did(question, row) for row in looked_at(question, sources)], following, text % {"n": left_out} if left_out else "")


def of_lake(request: HttpRequest, question: Question, lake: Service) -> Choices:
    """What the portal's index of the lake has; raises OperationalError where the search takes too long."""
    access = access_of(request, lake)
    asked = QueryDict(mutable=True)
    asked["pattern"] = question.words
    # A dataset that is searched for can be opened; a list without a search shows what can be chosen at once.
    asked["type"] = "all" if question.takes_collection or question.words else "file"
    with search.statement_timeout():
        page = search.page(read(asked), access.scopes, question.after, PAGE)
    sources = {str(entry.pk): {"lake": lake.name, "did": str(entry)} for entry in page.entries}
    titles = {str(entry.pk): entry.meta.get("title") for entry in page.entries}
    rows = looked_at(question, sources)
    note = str(access.trouble) if access.trouble else ""
    return Choices([of_did(question, row, titles[row.path]) for row in rows], page.following, note)


def looked_at(question: Question, sources: dict[str, dict[str, str]]) -> list[Readiness]:
    """The rows as the index has them; the lake is asked for copies where that was asked for."""
    return readiness(question.person, sources, with_copies=question.with_copies, only_index=not question.with_copies)


def of_did(question: Question, row: Readiness, title: object = "") -> Choice:
    """Data of a lake as a choice."""
    value, why_not = f"{row.lake} {row.did}", row.words if row.state in (State.MISSING, State.RESTRICTED) else ""
    is_opened = not why_not and row.is_collection and not question.takes_collection
    if is_opened:
        why_not = _("A file is needed here: open it to choose one.")
    return Choice(
        value="" if why_not else value,
        opens=value if is_opened else "",
        name=row.did,
        type=row.type or "",
        detail=title[:300] if isinstance(title, str) else "",
        address=did_address("did", row.lake, row.key.scope, row.key.name),
        files=row.files,
        bytes=row.bytes,
        state=row.state,
        words=row.words,
        why_not=why_not,
    )


def of_runs(question: Question) -> Choices:
    """Files of runs that are copied here: of this project first, newest runs first; and results of them in the lakes."""
    here = Case(When(run__project=question.project, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = files_for(question.person, question.project).order_by(here, "-run", "path")
    if question.words:
        found = Q(path__icontains=question.words) | Q(run__title__icontains=question.words)
        if question.words.isdecimal():
            found |= Q(run__number=int(question.words[:9]))
        rows = rows.filter(found)
    files, following = question.page(rows)
    why_not = needs_folder() if question.takes_collection else ""
    choices = [
        Choice(
            value="" if why_not else f"file/{file.pk}",
            name=file.label,
            detail=_("%(run)s, %(project)s") % {"run": file.run, "project": file.run.project.title},
            address=file.run.get_absolute_url(),
            bytes=file.size,
            words=_("Copied to the portal."),
            why_not=why_not,
        )
        for file in results_of(files)
    ]
    kept: Iterable[tuple[str, Readiness]] = () if question.offset else kept_choices(question.person, question.project, question.words)
    note = "" if question.offset else note_of_copying(question)
    return Choices(choices, following, note, [of_did(question, row, detail) for detail, row in kept])


def note_of_copying(question: Question) -> str:
    """Says of how many finished runs of the project the list does not have all files yet."""
    runs = Run.objects.visible_to(question.person).filter(project=question.project, status=Run.Status.FINISHED, collected_at=None)
    numbers = list(runs.order_by("-number").values_list("number", flat=True)[:MAX_NAMED])
    text = ngettext(
        "Files of run %(runs)s are still being copied from REANA. Search again to see them.",
        "Files of runs %(runs)s are still being copied from REANA. Search again to see them.",
        len(numbers),
    )
    return text % {"runs": ", ".join(map(str, numbers))} if numbers else ""


def of_uploads(question: Question) -> Choices:
    """What the person uploaded for runs of the project."""
    uploads = InputUpload.objects.filter(by=question.person, project=question.project).select_related("stored")
    if question.words:
        uploads = uploads.filter(name__icontains=question.words)
    rows, following = question.page(uploads.order_by("-created_at", "-pk"))
    words, why_not = _("Uploaded."), needs_folder() if question.takes_collection else ""
    values = ["" if why_not else f"upload/{item.stored.sha256}" for item in rows]
    choices = [
        Choice(value, item.name, bytes=item.stored.size, words=words, why_not=why_not) for value, item in zip(values, rows, strict=True)
    ]
    return Choices(choices, following)
