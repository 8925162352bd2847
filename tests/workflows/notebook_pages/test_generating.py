"""The workflow of a notebook that has none: its parameters come from the file beside it, and it follows the notebook's own workflow."""

import pytest

from projects.workflows import reana_yaml
from projects.workflows.entering.saving import add_version
from projects.workflows.models import NotebookPage, Specification, StoredFile
from projects.workflows.notebook_pages import generating
from projects.workflows.notebook_pages.sidecar import SidecarFault, read_sidecar
from projects.workflows.refusals import NotNow
from tests.workflows.notebook_pages.notebooks import SIDECAR, TEXT, notebook
from vre_portal.iam.models import User

IMAGE = "ghcr.io/vre-demo/analysis:1.0"


def test_a_sidecar_gives_defaults_of_the_types_it_says() -> None:
    read = read_sidecar(SIDECAR.decode())
    assert read.parameters == {"points": 10, "slope": 1.0, "label": "Fit", "with_noise": False}
    assert isinstance(read.parameters["slope"], float)
    assert (read.title, read.description) == ("A fit", "Fits a line.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "not valid YAML"),
        ("- 1", "must have “parameters”"),
        ("parameters: [1]", "must have “parameters”"),
        ("parameters: {a: {type: integer}}", "a: it needs a default"),
        ("parameters: {a: 1}", "a: it needs a default"),
        ("parameters: {a-b: {default: x}}", "a-b: a parameter is named"),
        ("parameters: {'a$(rm)': {default: x}}", "a parameter is named"),
        ("parameters: {a: {type: array, default: []}}", "its type must be"),
        ("parameters: {a: {type: integer, default: 1.5}}", "not of the type"),
        ("parameters: {a: {type: integer, default: true}}", "not of the type"),
        ("parameters: {a: {type: number, default: .inf}}", "not of the type"),
        ("parameters: {a: {type: [string, 'null'], default: x}}", "its type must be"),
        ("parameters: {lambda: {default: x}}", "a word of Python"),
        ("parameters: {a: {default: '$(rm -r /)'}}", "a: its texts have characters that are not allowed"),
        ("parameters: {a: {default: x, enum: [x, '\"; rm -r /']}}", "a: its texts have characters that are not allowed"),
    ],
)
def test_a_sidecar_that_cannot_be_used_says_why(text: str, words: str) -> None:
    with pytest.raises(SidecarFault, match=words):
        read_sidecar(text)


def test_no_sidecar_is_no_parameters() -> None:
    assert read_sidecar("").parameters == {}


def test_the_specification_executes_the_notebook_in_its_folder() -> None:
    text = generating.specification_text("code/a fit.ipynb", IMAGE, {"points": 10, "label": "Fit"})
    read = reana_yaml.read(text)
    assert not read.faults
    assert read.parameters == {"points": 10, "label": "Fit"}
    assert read.output_files == (generating.OUTPUT,)
    assert "--cwd code 'code/a fit.ipynb'" in read.steps[0].commands[1]
    assert '-p points "${points}" -r label "${label}"' in read.steps[0].commands[1]


def test_a_notebook_is_no_option_of_the_command() -> None:
    (_folder, command) = reana_yaml.read(generating.specification_text("-h.ipynb", IMAGE, {})).steps[0].commands
    assert command == f"papermill --no-progress-bar --cwd . ./-h.ipynb {generating.OUTPUT}"
    (_folder, command) = reana_yaml.read(generating.specification_text("-x/a b.ipynb", IMAGE, {})).steps[0].commands
    assert "--cwd ./-x './-x/a b.ipynb'" in command


@pytest.mark.django_db
def test_a_page_has_no_address_of_another_page(specification: Specification, lead: User) -> None:
    files = {"new.ipynb": StoredFile.objects.keep(notebook())}
    add_version(specification, by=None, text=TEXT, files=files, data={}, origin="git", commit="b" * 40)
    page = generating.make_page(by=lead, source=specification, notebook="new.ipynb", image=IMAGE, is_public=False)
    assert page.specification.name == "new-2"


@pytest.mark.django_db
def test_a_page_is_made_with_a_workflow_of_its_own(specification: Specification, lead: User) -> None:
    page = generating.make_page(by=lead, source=specification, notebook="fit.ipynb", image=IMAGE, is_public=False)
    made = page.specification
    assert (made.name, made.title, page.description) == ("fit-2", "A fit", "Fits a line.")
    assert not made.faults
    assert made.stored_paths == {"fit.ipynb", "fit.yaml"}
    assert made.commit == specification.commit
    assert (made.hints.of("points").max, made.hints.of("slope").label, made.hints.notes) == (100, "Slope", ())


@pytest.mark.django_db
def test_a_page_follows_the_notebook_when_an_editor_says_so(specification: Specification, lead: User) -> None:
    made = generating.make_page(by=lead, source=specification, notebook="fit.ipynb", image=IMAGE, is_public=False)
    page = NotebookPage.objects.select_related("specification__current", "source__current").get(pk=made.pk)
    assert not generating.is_behind(page)
    files = {"fit.ipynb": StoredFile.objects.keep(notebook(text="# Newer"))}
    add_version(specification, by=None, text=TEXT, files=files, data={}, origin="git", commit="b" * 40)
    page = NotebookPage.objects.select_related("specification__current", "source__current").get(pk=made.pk)
    assert generating.is_behind(page)
    generating.update_page(by=lead, page=page)
    assert not generating.is_behind(page)
    assert page.specification.default_parameters == {}


@pytest.mark.django_db
def test_what_is_no_notebook_of_the_workflow_is_refused(specification: Specification, lead: User) -> None:
    for path in ("other.ipynb", "fit.ipynb; rm -r /", "$(x).ipynb"):
        with pytest.raises(NotNow, match="no such notebook"):
            generating.make_page(by=lead, source=specification, notebook=path, image=IMAGE, is_public=False)
