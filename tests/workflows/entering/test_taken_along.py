"""What a workflow needs and its inputs do not name is taken along and told: configuration, tables, values of parameters, what it includes."""

import io
import uuid
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from projects.models import Project
from projects.workflows import engines
from projects.workflows.entering import gathered, gathering, limits, services, taken_along
from projects.workflows.entering.gathered import Gathered
from projects.workflows.models import Entry
from tests.workflows.entering.test_gathering import Memory, gather
from vre_portal.iam.models import User

Take = Callable[[dict[str, str]], Entry]
REANA = "inputs: {files: [a.txt]}\nworkflow: {type: snakemake, file: Snakefile}\n"
RULE = 'rule all:\n    input: "data/in.csv"\n    output: "out.txt"\n    shell: "cat {input} > {output}"\n'


@pytest.fixture
def take(people: dict[str, User], project: Project, done: Callable[[Entry], Entry]) -> Take:
    """The entry of these files."""

    def taken(files: dict[str, str]) -> Entry:
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        upload = SimpleUploadedFile("w.zip", body.getvalue())
        entry = done(services.enter_files(by=people["lead"], project=project, key=uuid.uuid4(), files=[upload]))
        assert entry.state == Entry.State.READ, entry.reason
        return entry

    return taken


def names(entry: Entry) -> list[str]:
    return [name for name, _sha, _size in entry.listing]


@pytest.mark.rare(group="engines")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "reads",
    [
        'configfile: "config/c.yaml"\n',
        'lines = open("config/samples.tsv").read()\n',
        'import json\njson.load(open("config/deep/c.json"))\n',
    ],
)
def test_what_a_snakefile_reads_and_its_rules_take_goes_along(take: Take, reads: str) -> None:
    entry = take(
        {
            "reana.yaml": REANA,
            "Snakefile": reads + RULE,
            "a.txt": "a",
            "data/in.csv": "1",
            "data/other.csv": "1",
            "config/c.yaml": "a: 1",
            "config/samples.tsv": "a",
            "config/deep/c.json": "{}",
        }
    )
    read = reads.split('"')[1]
    assert names(entry) == sorted(["Snakefile", "a.txt", "data/in.csv", read])
    assert f"inputs does not name it: {read}, data/in.csv." in " ".join(entry.notes)


@pytest.mark.rare(group="engines")
@pytest.mark.django_db
def test_a_file_too_large_to_be_shown_to_the_engine_is_not_called_missing(take: Take) -> None:
    entry = take({"reana.yaml": REANA, "Snakefile": RULE, "a.txt": "a", "data/in.csv": "1" * 1_500_000})
    assert "data/in.csv" in names(entry)
    assert "not in the repository" not in str(entry.reading["checks"])


@pytest.mark.rare(group="engines")
@pytest.mark.django_db
def test_what_stands_behind_the_end_of_a_snakefile_goes_along(take: Take) -> None:
    snakefile = 'import a_package_that_nobody_has\ninclude: "rules/a.smk"\n' + RULE
    entry = take({"reana.yaml": REANA, "Snakefile": snakefile, "a.txt": "a", "data/in.csv": "", "rules/a.smk": "x = 1\n"})
    assert "rules/a.smk" in names(entry)
    assert "What the workflow's file includes is not known" in " ".join(entry.notes)


TOOL = """\
cwlVersion: v1.2
class: CommandLineTool
baseCommand: cat
inputs:
  table: {type: File, secondaryFiles: [.idx, ^.meta], inputBinding: {}}
  readme: {type: File, default: {class: File, path: README.rst}, inputBinding: {}}
outputs: {}
"""


@pytest.mark.rare(group="engines")
@pytest.mark.django_db
def test_files_of_cwl_go_along_by_values_defaults_and_what_stands_beside(take: Take) -> None:
    text = "inputs: {parameters: {input: job.yaml}}\nworkflow: {type: cwl, file: flow/main.cwl}\n"
    job = "table: {class: File, path: data/t.csv}\n"
    files = dict.fromkeys(["data/t.csv", "data/t.csv.idx", "data/t.meta", "data/other.csv", "flow/README.rst", "README.rst"], "1")
    entry = take({"reana.yaml": text, "job.yaml": job, "flow/main.cwl": TOOL, **files})
    assert names(entry) == ["data/t.csv", "data/t.csv.idx", "data/t.meta", "flow/README.rst", "flow/main.cwl", "job.yaml"]


def test_a_file_that_a_parameter_is_the_path_of_goes_along_and_is_told() -> None:
    text = (
        "inputs: {parameters: {macro: code/Optimise.C, more: [code/b.C], word: code, out: ../x}}\nworkflow: {type: yadage, file: w.yml}\n"
    )
    found = gather(text, w_d_yml=b"", code__Optimise_d_C=b"", code__b_d_C=b"", code__other_d_C=b"")
    assert sorted(found.files) == ["code/Optimise.C", "code/b.C", "w.yml"]
    assert found.notes == ["Taken along, because a parameter names it, though inputs does not: code/Optimise.C, code/b.C."]


@pytest.mark.parametrize(
    ("reason", "words"),
    [("lfs", "in Git LFS"), ("link", "a symbolic link"), ("large", "too large to be kept"), ("submodule", "a submodule")],
)
def test_a_workflow_file_without_content_says_why(reason: str, words: str) -> None:
    place = Memory({"reana.yaml": b"workflow: {type: snakemake, file: Snakefile}\n"}, {"Snakefile": reason})
    found = gathering.gather(place, "reana.yaml")
    assert words in found.faults[0]
    assert words in found.why_no_workflow


def taken(place: Memory, *paths: str) -> Gathered:
    found = gathering.gather(place, "reana.yaml")
    taken_along.add_opened(found, place, paths)
    return found


def test_what_does_not_fit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"workflow: {type: serial, specification: {steps: []}}\n"
    place = Memory({"reana.yaml": text, "a": b"1" * 60, "b": b"1" * 50, "c": b"1" * 10, "d": b"1"})
    monkeypatch.setattr(limits, "MAX_BYTES", 100)
    monkeypatch.setattr(limits, "MAX_FILES", 2)
    found = taken(place, "a", "b", "c", "d")
    assert sorted(found.files) == ["a", "c"]
    assert found.notes == [
        "Taken along, because the workflow needs it, though inputs does not name it: a, c.",
        "Not stored, though the workflow may need it: b, d. A workflow may have 2 files and 100 B.",
    ]


def test_what_is_in_git_lfs_waits_for_data_and_says_why() -> None:
    text = b"inputs: {files: [named.h5]}\nworkflow: {type: serial, specification: {steps: []}}\n"
    place = Memory(
        {"reana.yaml": text, "a": b""}, {"named.h5": "lfs", "data/x.h5": "lfs", "big.h5": "large", "way": "link", "other.h5": "lfs"}
    )
    found = taken(place, "a", "named.h5", "data/x.h5", "big.h5", "way", "nowhere")
    assert found.unbound == [["named.h5", "lfs"], ["data/x.h5", "lfs"], ["big.h5", "large"]]
    assert sorted(found.files) == ["a"]
    assert set(gathered.others(found, place, [])) == {"data/x.h5", "big.h5", "named.h5", "other.h5", "reana.yaml"}


@pytest.mark.rare(group="engines")
def test_a_default_of_cwl_that_is_in_git_lfs_is_found() -> None:
    text = b"workflow: {type: cwl, file: flow/main.cwl}\n"
    place = Memory({"reana.yaml": text, "flow/main.cwl": TOOL.encode()}, {"flow/README.rst": "lfs"})
    found = gathering.gather(place, "reana.yaml")
    files = {name: place.read(name) for name in ("reana.yaml", "flow/main.cwl")}
    understood = engines.read(files, "reana.yaml", placeholders=gathered.others(found, place, files))
    taken_along.add_opened(found, place, understood.opened)
    assert found.unbound == [["flow/README.rst", "lfs"]]
