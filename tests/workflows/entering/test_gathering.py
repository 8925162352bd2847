"""Which files a specification takes in: those it names, inside its repository, from the folder that it means."""

import io
import json
import time
import zipfile
from typing import Any

import pytest

from projects.workflows.entering import gathered, gathering, limits, specification_files, taken_along
from projects.workflows.entering.places import Place, ZipPlace
from projects.workflows.models import Entry
from vre_portal.jobs.fates import Refused

SERIAL = "workflow: {type: serial, specification: {steps: [{environment: e, commands: [c]}]}}\n"


class Memory(Place):
    """Files that a test gives."""

    def __init__(self, files: dict[str, bytes], reasons: dict[str, str] | None = None) -> None:
        super().__init__({path: len(body) for path, body in files.items()}, reasons or {})
        self.files = files

    def read(self, path: str) -> bytes:
        return self.files[path]


def gather(text: str, path: str = "reana.yaml", reasons: dict[str, str] | None = None, **files: bytes) -> gathered.Gathered:
    named = {name.replace("__", "/").replace("_d_", "."): body for name, body in files.items()}
    return gathering.gather(Memory({path: text.encode(), **named}, reasons), path)


def test_files_and_folders_are_taken_and_nothing_else() -> None:
    found = gather(
        f"inputs: {{files: [code/a_d_py], directories: [lib]}}\n{SERIAL}".replace("_d_", "."), code__a_d_py=b"", lib__x__y=b"1", other=b""
    )
    assert found.files == {"code/a.py": "code/a.py", "lib/x/y": "lib/x/y"}


def test_a_folder_among_the_files_is_taken_whole() -> None:
    assert gather(f"inputs: {{files: [lib]}}\n{SERIAL}", lib__x=b"", lib__y=b"").files == {"lib/x": "lib/x", "lib/y": "lib/y"}


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "a\\\\b"])
def test_a_path_out_of_the_repository_is_a_fault(name: str) -> None:
    found = gather(f'inputs: {{files: ["{name}"], directories: ["../up"]}}\n{SERIAL}')
    assert [fault for fault in found.faults if "is not a path inside the repository" in fault][1:]
    assert (found.files, found.unbound) == ({}, [])


def test_paths_count_from_the_folder_of_the_specification_and_it_is_said() -> None:
    found = gather(f"inputs: {{files: [a]}}\n{SERIAL}", "sub/reana.yaml", sub__a=b"1", a=b"2")
    assert (found.root, found.files) == ("sub", {"a": "sub/a"})
    assert "folder of the specification, sub" in found.notes[0]


def test_paths_count_from_the_root_of_the_repository_where_the_files_are_there() -> None:
    found = gather(f"inputs: {{files: [sub/a]}}\n{SERIAL}", "sub/reana.yaml", sub__a=b"1")
    assert (found.root, found.files) == ("", {"sub/a": "sub/a"})
    assert "root of the repository" in found.notes[0]


@pytest.mark.parametrize("reason", ["lfs", "link", "large", "submodule"])
def test_a_file_whose_content_is_not_there_is_to_be_bound_and_says_why(reason: str) -> None:
    place = "data" if reason == "submodule" else "data/x"
    assert gather(f"inputs: {{files: [data/x, gone]}}\n{SERIAL}", reasons={place: reason}).unbound == [
        ["data/x", reason],
        ["gone", "absent"],
    ]


@pytest.mark.parametrize("body", [b"level: 1.0\nwhen: 2024-01-31\n", b'{"level": 1.0, "when": "2024-01-31"}'])
def test_the_parameters_of_a_file_are_read_in_their_order_and_with_their_types(body: bytes) -> None:
    text = "inputs: {parameters: {input: params.yaml}}\nworkflow: {type: cwl, file: main.cwl}\n"
    found = gather(text, params_d_yaml=body, main_d_cwl=b"")
    assert list((found.input_parameters or {}).items()) == [("level", 1.0), ("when", "2024-01-31")]
    assert found.files == {"main.cwl": "main.cwl", "params.yaml": "params.yaml"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[1]", "must be a mapping"),
        (b"a: .nan", "cannot be sent"),
        (b"\xff", "not a text file"),
        (b"a: [", "line"),
        (b"1: 2", "must be a mapping"),
    ],
)
def test_a_file_of_parameters_that_is_none_is_a_fault(body: bytes, words: str) -> None:
    found = gather("inputs: {parameters: {input: p.yaml}}\nworkflow: {type: cwl, file: m}\n", p_d_yaml=body, m=b"")
    assert words in found.faults[0]
    assert found.input_parameters is None


@pytest.mark.parametrize(("block", "name"), [("", "reana_d_schema_d_json"), ("vre: {schema: hints.json}\n", "hints_d_json")])
def test_the_schema_beside_the_specification_comes_with_it(block: str, name: str) -> None:
    found = gather(block + SERIAL, "sub/reana.yaml", **{name: b"{}", f"sub__{name}": b'{"properties": {}}'})
    assert (found.parameter_schema, found.notes) == ('{"properties": {}}', [])
    assert found.files == {}  # it is for the portal, and REANA is not sent it


def test_a_schema_that_is_named_and_is_not_there_is_told_and_costs_only_itself() -> None:
    found = gather("vre: {schema: hints.json}\n" + SERIAL)
    assert found.notes == ["vre.schema: hints.json is not beside the specification."]
    assert (found.parameter_schema, found.faults) == ("", [])


def test_a_schema_that_is_too_large_is_told() -> None:
    found = gather(SERIAL, reana_d_schema_d_json=b" " * 200_001)
    assert "The hints in reana.schema.json are not used" in found.notes[0]


def test_a_workflow_file_that_is_not_there_is_a_fault() -> None:
    assert "workflow.file: Snakefile is not in the repository" in gather("workflow: {type: snakemake, file: Snakefile}\n").faults[0]


def test_an_engine_is_shown_what_lies_beside_the_workflow_whatever_it_is_called() -> None:
    found = gather(
        "workflow: {type: cwl, file: flow/cwl/main.cwl}",
        flow__cwl__main_d_cwl=b"",
        flow__cwl__step_d_tool=b"",
        lib__x_d_py=b"",
        data__x_d_bin=b"",
    )
    assert found.candidates == ["reana.yaml", "lib/x.py", "flow/cwl/main.cwl", "flow/cwl/step.tool"]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a: 1\0"])
def test_a_specification_that_is_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        gathering.gather(Memory({"reana.yaml": body}), "reana.yaml")


def test_more_than_a_version_may_have_is_a_fault_and_not_a_silence(monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "MAX_FILES", 2)
    found = gather(f"inputs: {{directories: [lib]}}\n{SERIAL}", lib__a=b"", lib__b=b"", lib__c=b"")
    assert len(found.files) == 2
    assert "lib/c" in found.faults[0]


def test_all_specifications_are_found_and_other_yaml_files_only_without_them() -> None:
    files = {"b/reana-cwl.yaml": b"", "reana.yaml": b"", "a/b/reana.yml": b"", "conf.yaml": SERIAL.encode()}
    assert specification_files.specifications(Memory(files)) == ["reana.yaml", "b/reana-cwl.yaml", "a/b/reana.yml"]
    assert specification_files.specifications(Memory({"conf.yaml": SERIAL.encode(), "other.yaml": b"a: 1"})) == ["conf.yaml"]


def zipped(*entries: tuple[str, bytes], link: str = "") -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, body in entries:
            archive.writestr(name, body)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
    made.seek(0)
    return made


def test_a_zip_of_a_folder_is_read_without_that_folder() -> None:
    place = ZipPlace(zipped(("fit/reana.yaml", b"x"), ("fit/code/a.py", b"y")))
    assert (sorted(place.sizes), place.read("code/a.py")) == (["code/a.py", "reana.yaml"], b"y")


@pytest.mark.parametrize("name", ["../a", "/a", "a/../b", "a//b", "C:\\a", "a/.git/config", "a\x1b[1m", "\u202ea"])
def test_a_name_in_a_zip_that_leads_elsewhere_is_left_out_and_told(name: str) -> None:
    place = ZipPlace(zipped((name, b"x"), ("good", b"y")))
    assert list(place.sizes) == ["good"]
    assert "not allowed" in place.notes[0]


def test_links_in_a_zip_are_not_followed() -> None:
    place = ZipPlace(zipped(("good", b""), link="data/x"))
    assert (list(place.sizes), place.why_not("data/x")) == (["good"], "link")


def test_a_zip_bomb_is_left_out_by_its_size_and_never_unpacked(monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 10)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"0" * 100_000)
    place = ZipPlace(made)
    assert place.sizes == {}
    assert "at most 10 B per file" in place.notes[1]
    assert "too large: bomb" in place.notes[0]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_that_can_only_be_unpacked_without_a_bound_is_left_out_and_told(method: int) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("bomb", b"0" * 1000)
        archive.writestr(zipfile.ZipInfo("good"), b"1")
    place = ZipPlace(made)
    assert (list(place.sizes), place.why_not("bomb")) == (["good"], "packed")
    assert place.notes == ["1 file is encrypted or not compressed with Deflate: bomb."]


def test_what_the_finder_adds_to_a_zip_is_left_out_and_told() -> None:
    added = (("__MACOSX/fit/._reana.yaml", b"0"), ("fit/.DS_Store", b"1"), ("fit/code/._a.py", b"2"))
    place = ZipPlace(zipped(("fit/reana.yaml", b"x"), ("fit/code/a.py", b"y"), *added))
    assert sorted(place.sizes) == ["code/a.py", "reana.yaml"]
    assert place.notes == ["3 files that macOS adds to a zip were left out (__MACOSX, ._*, .DS_Store)."]


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 no zip", b"0" * 100])
def test_what_is_no_zip_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        ZipPlace(io.BytesIO(body))


def test_a_damaged_file_in_a_zip_is_refused_in_words() -> None:
    made = zipped(("a", b"content of some length"))
    body = made.getvalue().replace(b"content of some length", b"CONTENT of some length")
    with pytest.raises(Refused, match="a in the zip cannot be read"):
        ZipPlace(io.BytesIO(body)).read("a")


def test_thousands_of_names_cost_a_look_each() -> None:
    names = [f"d{number // 100}/f{number}" for number in range(3000)]
    files = {f"x{number // 100}/y{number}": b"" for number in range(5000)}
    text = f"inputs: {{files: [{', '.join(names)}], directories: [{', '.join(f'{name}/e' for name in names)}]}}\n{SERIAL}"
    begin = time.process_time()
    found = gathering.gather(Memory({"sub/reana.yaml": text.encode(), **files}), "sub/reana.yaml")
    assert time.process_time() - begin < 3  # 17 s where each name was compared with each file
    assert (len(found.faults), len(found.unbound)) == (1, limits.MAX_FILES)
    assert "More than 2000 inputs" in found.faults[0]


def test_a_folder_that_is_named_in_many_ways_is_taken_once_with_what_it_lacks() -> None:
    found = gather(
        f"inputs: {{files: [lib], directories: [lib, ./lib/, lib/a, lib]}}\n{SERIAL}",
        reasons={"lib/big": "lfs"},
        lib__a__x=b"1",
        lib__y=b"2",
    )
    assert found.files == {"lib/a/x": "lib/a/x", "lib/y": "lib/y"}
    assert (found.unbound, found.notes) == ([["lib/big", "lfs"]], [])


def test_first_values_of_yadage_are_defaults_in_their_order() -> None:
    text = (
        "inputs: {options: {initfiles: [one.yaml, sub/two.yaml, gone.yaml]}, parameters: {c: 5}}\nworkflow: {type: yadage, file: w.yml}\n"
    )
    found = gathering.gather(
        Memory({"reana.yaml": text.encode(), "w.yml": b"stages: []", "one.yaml": b"a: 1\nb: 012\n", "sub/two.yaml": b"a: 3\nc: 4\n"}),
        "reana.yaml",
    )
    assert found.input_parameters == {"a": 3, "b": 10, "c": 5}
    assert {"one.yaml", "sub/two.yaml"} <= set(found.files)
    assert found.faults == ["inputs.options.initfiles: gone.yaml is not in the repository."]
    assert found.notes == ['one.yaml: Line 2: “012” is read as 10. Write 10, or "012" for the text.']


def test_what_could_be_included_goes_along_where_nobody_knows_what_is() -> None:
    place = Memory(
        {"reana.yaml": b"workflow: {type: cwl, file: cwl/main.cwl}\n", "cwl/main.cwl": b"", "cwl/fit.tool": b"", "other.txt": b""}
    )
    found = gathering.gather(place, "reana.yaml")
    taken_along.add_candidates(found, place)
    assert set(found.files) == {"cwl/main.cwl", "cwl/fit.tool"}
    assert "so 1 files beside it were taken along" in found.notes[-1]


def test_a_zip_with_too_long_a_list_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(40):
            archive.writestr(f"{number}", b"")
    monkeypatch.setattr(limits, "MAX_LIST_BYTES", 1000)
    monkeypatch.setattr(zipfile, "ZipFile", None)  # which is not asked
    with pytest.raises(Refused, match="more than 20,000 files"):
        ZipPlace(packed)


@pytest.mark.parametrize("name", ["reana.yaml", "sub/example2_reana.yaml", "simple-reana.yml", "a.reana.yaml", "reana-cwl.yaml"])
def test_specifications_are_found_by_their_usual_names(name: str) -> None:
    place = Memory({name: SERIAL.encode(), "sub/notreana.yaml": b"", "other.yaml": SERIAL.encode()})
    assert specification_files.specifications(place) == [name]


def test_the_file_of_the_workflow_goes_to_its_engine_whatever_it_is_called() -> None:
    text = "inputs: {files: [b.smk]}\nworkflow: {type: snakemake, file: example2_Snakefile}"
    found = gathering.gather(Memory({"reana.yaml": text.encode(), "example2_Snakefile": b"", "b.smk": b""}), "reana.yaml")
    assert found.candidates == ["b.smk", "example2_Snakefile", "reana.yaml"]


@pytest.mark.parametrize(("text", "read"), [("3.10", "3.1"), ("12.50", "12.5"), ("2.00", "2.0")])
def test_zeros_that_a_number_loses_are_told(text: str, read: str) -> None:
    found = gather("inputs: {parameters: {input: p.yaml}}\nworkflow: {type: cwl, file: m}\n", p_d_yaml=f"v: {text}".encode(), m=b"")
    assert found.notes[1:] == [f'p.yaml: Line 1: “{text}” is read as {read}. Write {read}, or "{text}" for the text.']


@pytest.mark.parametrize("text", ["3.1", "10.0", "0.0", "'3.10'", "3.10a", "1.10.0", "10"])
def test_values_that_stay_as_they_are_written_are_not_told(text: str) -> None:
    found = gather("inputs: {parameters: {input: p.yaml}}\nworkflow: {type: cwl, file: m}\n", p_d_yaml=f"v: {text}".encode(), m=b"")
    assert found.notes[1:] == []


def test_names_in_a_zip_are_read_as_they_are_meant() -> None:
    place = ZipPlace(zipped(("./reana.yaml", b"1"), ("././code/a.py", b"2"), ("lib\\b.py", b"3"), ("./", b""), ("old\\", b"")))
    assert (sorted(place.sizes), place.notes) == (["code/a.py", "lib/b.py", "reana.yaml"], [])
    assert place.read("lib/b.py") == b"3"


@pytest.mark.parametrize("name", ["..\\a", "a\\..\\b", "./../a", "x/a\\b", "\\a"])
def test_names_in_a_zip_that_lead_elsewhere_by_other_signs_are_left_out(name: str) -> None:
    place = ZipPlace(zipped((name, b"x"), ("good", b"y")))
    assert list(place.sizes) == ["good"]
    assert "not allowed" in place.notes[0]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_a_file_that_a_zip_has_twice_the_first_is_taken_and_it_is_said() -> None:
    place = ZipPlace(zipped(("a", b"1"), ("./a", b"2"), ("a", b"3")))
    assert (place.read("a"), place.why_not("a")) == (b"1", "")
    assert place.notes == ["2 files are there twice, and the first one was taken: a, a."]


def test_a_name_of_a_file_and_of_a_folder_is_a_fault() -> None:
    found = gather(f"inputs: {{files: [code/x], directories: [code]}}\n{SERIAL}", code__x=b"", code__x__y=b"", code__xy=b"")
    assert found.faults == ["code/x is both a file and a folder."]


def test_files_that_the_workflow_itself_names_go_along() -> None:
    text = "workflow: {type: snakemake, file: Snakefile, parameters: {file: cfg.yaml}, files: [a.R, gone.R, 3], directories: [lib]}\n"
    found = gather(text, Snakefile=b"", cfg_d_yaml=b"", a_d_R=b"", b_d_R=b"", lib__x_d_R=b"")
    assert sorted(found.files) == ["Snakefile", "a.R", "cfg.yaml", "lib/x.R"]
    assert found.notes == [
        "workflow.files: gone.R is not in the repository.",
        "workflow.files: 3 is not in the repository.",
        "The parameters are those of cfg.yaml.",
    ]


@pytest.mark.parametrize("engine", ["snakemake", "serial", "yadage"])
def test_parameters_of_the_file_that_the_workflow_names_are_defaults_under_those_of_the_inputs(engine: str) -> None:
    text = f"inputs: {{parameters: {{level: 3}}}}\nworkflow: {{type: {engine}, file: Snakefile, parameters: {{file: cfg.yaml}}}}\n"
    found = gather(text, Snakefile=b"", cfg_d_yaml=b"level: 2\nname: a\n")
    assert found.input_parameters == {"level": 3, "name": "a"}
    gone = gather(text, Snakefile=b"")
    assert gone.faults == ["workflow.parameters.file: cfg.yaml is not in the repository."]
    assert gather(text.replace("cfg.yaml", "cfg.txt"), Snakefile=b"", cfg_d_txt=b"").input_parameters is None


@pytest.mark.parametrize("part", ["parameters: 3", "files: 3", "directories: {a: 1}", "parameters: {file: [1]}", "files: ['../x', '']"])
def test_odd_values_there_cost_only_themselves(part: str) -> None:
    found = gather(f"workflow: {{type: snakemake, file: Snakefile, {part}}}\n", Snakefile=b"")
    assert list(found.files) == ["Snakefile"]


@pytest.mark.parametrize("key", ["path", "location"])
def test_folders_that_values_of_cwl_name_are_taken_or_bound_to_data(key: str) -> None:
    text = "inputs: {parameters: {input: job.yml}, directories: [named]}\nworkflow: {type: cwl, file: main.cwl}\n"
    folders = [{"class": "Directory", key: name} for name in ("events", "lib", "./named/", "../up", "events")]
    job = json.dumps({"all": folders, "listed": {"class": "Directory", key: "x", "listing": []}, "n": {"class": "File", key: "gone"}})
    found = gather(text, main_d_cwl=b"", job_d_yml=job.encode(), lib__a=b"", lib__b=b"")
    assert sorted(found.files) == ["job.yml", "lib/a", "lib/b", "main.cwl"]
    assert found.unbound == [["named", "absent"], ["events", "absent"]]
    assert "Taken along, because a parameter names it, though inputs does not: lib/." in found.notes
    assert gathered.later(found) == ["named/", "events/"]
    entry = Entry(text=text, input_parameters=found.input_parameters)
    assert set(entry.folders) == {"events", "lib", "named"}
    assert gather(text.replace("cwl, file", "snakemake, file"), main_d_cwl=b"", job_d_yml=job.encode()).unbound == [["named", "absent"]]
