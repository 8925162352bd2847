"""The launch form filled in with things that somebody collected: data of lakes, and files of runs."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from django.urls import reverse

from datalake.index.did_facts import DidKey, facts_of
from projects.models import Project
from projects.permissions import Permission, can, know_roles
from projects.workflows.inputs.accepting import takes_collection
from projects.workflows.inputs.attached import files_for, results_of
from projects.workflows.inputs.sources import DID
from projects.workflows.models import Specification
from projects.workflows.suggestions import place_for
from vre_portal import launch_forms, things
from vre_portal.iam.models import User
from vre_portal.launch_forms import LaunchChoice, LaunchForms, LaunchInput, LaunchInputs
from vre_portal.services import ServiceKind, services
from vre_portal.text import number_of

Bound = tuple[str, str]  # lake and DID; no lake and "file/<number>"


def register() -> None:
    """Say which workflows can be launched with things."""
    launch_forms.register(LaunchForms(choices, inputs, address))


def choices(person: User, most: int) -> list[LaunchChoice]:
    """The workflows with inputs that the person may launch, by project; at most so many."""
    mine = list(Project.objects.mine(person))
    know_roles(person, mine)
    allowed = [project for project in mine if can(person, project, Permission.LAUNCH)]
    rows = Specification.objects.filter(project__in=allowed).in_use().exclude(data={}).order_by("project__title", "title", "pk")
    return [LaunchChoice(*row) for row in rows.values_list("pk", "title", "project__title")[:most]]


def inputs(person: User, number: int, wanted: Sequence[str]) -> LaunchInputs | None:
    """Each input with those of the things that fit; a folder takes data of lakes alone, a file no dataset."""
    specification = _launchable(person, number)
    if specification is None:
        return None
    bound = _bound(person, specification.project, wanted)
    dids = {thing: DidKey(lake, *value.split(":", 1)) for thing, (lake, value) in bound.items() if lake}
    facts = facts_of(dids.values())
    collections = {thing for thing, did in dids.items() if did in facts and facts[did].type not in ("FILE", "")}
    suggested: dict[str, str] = {}
    for thing in dids:
        if place := place_for(specification, *bound[thing]):
            suggested.setdefault(place, thing)
    found = []
    for path in sorted(specification.data):
        is_folder = takes_collection(specification.reana_yaml, path)
        options = [thing for thing in bound if (thing in dids if is_folder else thing not in collections)]
        found.append(LaunchInput(path, options, suggested.get(path, "") if suggested.get(path) in options else ""))
    return LaunchInputs(specification.title, found)


def address(person: User, number: int, chosen: Mapping[int, str]) -> str:
    """The form with the things; empty where the person may not launch it."""
    specification = _launchable(person, number)
    if specification is None:
        return ""
    bound = _bound(person, specification.project, chosen.values())
    query = {"specification": specification.name}
    for place, thing in chosen.items():
        if thing in bound:
            lake, query[f"i-{place}"] = bound[thing]
            if lake:
                query[f"l-{place}"] = lake
    return f"{reverse('workflows:launch', args=[specification.project.slug])}?{urlencode(query)}"


def _launchable(person: User, number: int) -> Specification | None:
    rows = Specification.objects.filter(pk=number, project__in=Project.objects.visible_to(person)).in_use()
    found = rows.select_related("project").defer("code").first()
    return found if found and can(person, found.project, Permission.LAUNCH) else None


def _bound(person: User, project: Project, wanted: Iterable[str]) -> dict[str, Bound]:
    """What the form's fields have for those of the things that can be an input and that the person may see."""
    visible = things.pages_of(person, [thing for thing in wanted if thing.startswith(("did:", "output:"))])
    lakes = {lake.name for lake in services(ServiceKind.RUCIO)}
    outputs = _outputs(person, project, [thing for thing in visible if thing.startswith("output:")])
    found: dict[str, Bound] = {}
    for thing in visible:
        kind, _colon, value = thing.partition(":")
        lake, _colon, did = value.partition(":")
        if kind == "did" and lake in lakes and DID.fullmatch(did):
            found[thing] = lake, did
        elif thing in outputs:
            found[thing] = "", f"file/{outputs[thing]}"
    return found


def _outputs(person: User, project: Project, wanted: Sequence[str]) -> dict[str, int]:
    """The numbers of files of runs, as far as they are here and may be used in the project."""
    named = {thing: thing.removeprefix("output:").partition(":")[::2] for thing in wanted}
    runs = {number_of(run) for run, _path in named.values()}
    if not named:
        return {}
    rows = files_for(person, project).filter(run__in=runs, path__in={path for _run, path in named.values()})
    numbers = {(str(row.run_id), row.path): row.pk for row in results_of(rows)}
    return {thing: numbers[name] for thing, name in named.items() if name in numbers}
