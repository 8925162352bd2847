"""What REANA itself says of a specification, on the launch page: its words with lines, and grey where it was not asked or does not answer."""

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.cache import cache
from django.test import Client

from projects.workflows.launching import bundle as bundles
from projects.workflows.launching import server_checks
from projects.workflows.launching.bundle import bundle_of
from projects.workflows.models import Run, Specification
from tests.workflows.launching.conftest import SERVICES, TEXT
from tests.workflows.launching.test_again import words
from tests.workflows.launching.test_versions import sent
from vre_portal import services as configured
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

BUNDLES = {"api_capabilities": ["workflow-specification-bundles-v1"]}
VALID = {"valid": True, "errors": [], "warnings": []}


@dataclass
class Answers:
    """What the server says, and what it got."""

    ping: Any = field(default_factory=lambda: {"status": "200", **BUNDLES})
    report: Any = field(default_factory=lambda: dict(VALID))
    status: int = 200
    bundles: list[dict[str, bytes]] = field(default_factory=list)
    tokens: list[tuple[str, str]] = field(default_factory=list)  # path, what stood in the header


@pytest.fixture
def server(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """A REANA of the newer line for what the one of the stack does not do: to fail, and to answer with what is no report."""
    known = Answers()

    class Handler(BaseHTTPRequestHandler):
        def reply(self, status: int, content: Any, **headers: str) -> None:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            known.tokens.append((self.path, self.headers.get("Authorization", "")))
            if self.path == "/api/you":
                self.reply(401, {}, WWW_Authenticate="Bearer")
            else:
                self.reply(200, known.ping)

        def do_POST(self) -> None:
            known.tokens.append((self.path, self.headers.get("Authorization", "")))
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            form = BytesParser().parsebytes(head + self.rfile.read(int(self.headers["Content-Length"])))
            [part] = form.get_payload()  # type: ignore[misc]
            assert part.get_param("name", header="content-disposition") == "bundle"  # type: ignore[union-attr]
            with zipfile.ZipFile(io.BytesIO(part.get_payload(decode=True))) as archive:  # type: ignore[union-attr, arg-type]
                assert {item.compress_type for item in archive.infolist()} == {zipfile.ZIP_STORED}
                known.bundles.append({name: archive.read(name) for name in archive.namelist()})
            self.reply(known.status, known.report)

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    (tmp_path / "asked.toml").write_text(SERVICES.replace("127.0.0.1:1", f"127.0.0.1:{listening.server_port}"))
    settings.SERVICES_FILE = str(tmp_path / "asked.toml")
    configured._all.cache_clear()
    cache.clear()
    monkeypatch.setattr(server_checks, "access_token", lambda *_, **__: "a.b.c")
    yield known
    listening.shutdown()
    listening.server_close()
    configured._all.cache_clear()


@pytest.fixture
def page(specification: Specification, server: Answers, address: str) -> str:
    """Where the part of the page is asked for."""
    return address.replace("/new/", "/new/server-checks/")


def test_nothing_is_asked_before_somebody_presses(member: Client, specification: Specification, server: Answers, address: str) -> None:
    shown = words(member.get(address))
    assert "Checks by the REANA server Not checked" in shown
    assert "Validation by REANA Not checked yet." in shown
    assert server.tokens == []


def test_findings_stand_with_their_lines_and_who_found_them(member: Client, page: str, server: Answers) -> None:
    server.report = {
        "valid": False,
        "errors": [{"code": "image_not_allowed", "message": "Image not allowed: <b>'image:2'</b>", "path": ""}],
        "warnings": [
            {"code": "additional_properties", "message": "Unexpected property 'x'", "path": "workflow.specification.steps.1"},
            {"code": "new_code", "message": "Something else", "path": ""},
        ],
    }
    reply = member.post(page, sent(**{"o-0-environment": "other:3"}))
    shown = words(reply)
    assert "To correct" in shown
    assert "<b>" not in reply.content.decode()
    assert "Container images line 9 Image not allowed: <b>'image:2'</b> Checked by Test REANA" in shown
    assert "Specification file line 9 Unexpected property 'x' Checked by Test REANA" in shown
    assert "Validation by REANA Something else Checked by Test REANA" in shown
    assert "Passed" not in shown
    part = reply.content.decode().partition("Checks by the REANA server")[2]
    assert re.findall(r'data-state="(error|warning)"', part)[:3] == ["error", "warning", "warning"]
    assert Run.objects.count() == 0
    [bundle] = server.bundles
    assert list(bundle) == ["reana.yaml"]
    assert b"environment: other:3" in bundle["reana.yaml"]  # as it would be launched
    assert b"vre:" not in bundle["reana.yaml"]
    assert {header for path, header in server.tokens if path != "/api/workflows/validate"} == {""}


def test_the_values_in_the_form_are_checked_and_wrong_ones_left_out(member: Client, page: str, server: Answers) -> None:
    member.post(page, sent(**{"p-years": "7.5", "p-count": "many"}))
    [bundle] = server.bundles
    parameters = yaml.safe_load(bundle["reana.yaml"])["inputs"]["parameters"]
    assert (parameters["years"], parameters["count"], parameters["code"]) == (7.5, 3, "008")


def test_a_valid_specification_is_said_to_be_valid_by_the_server(member: Client, page: str, server: Answers) -> None:
    shown = words(member.post(page, sent()))
    assert "Passed" in shown
    assert "Test REANA found nothing wrong. Checked by Test REANA" in shown


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ping": {"status": "200"}}, "Test REANA is of a version that does not check specifications."),
        ({"ping": b"<html>"}, "Check again later."),
        ({"status": 500}, "Check again later."),
        ({"status": 503}, "Check again later."),
        ({"status": 413, "report": {"message": "Too large"}}, "Test REANA says: Too large"),
        ({"report": b"<html>"}, "Check again later."),
        ({"report": []}, "Check again later."),
        ({"report": {"valid": "yes"}}, "Check again later."),
        ({"report": {"valid": True, "errors": 7}}, "Check again later."),
        ({"report": {"errors": []}}, "Check again later."),
    ],
)
def test_what_was_not_answered_is_grey(member: Client, page: str, server: Answers, change: dict[str, Any], expected: str) -> None:
    for name, value in change.items():
        setattr(server, name, value)
    reply = member.post(page, sent())
    shown = words(reply)
    assert reply.status_code == 200
    assert "Validation by REANA" in shown
    assert expected in shown
    assert "Passed" not in shown
    assert "Checked by" not in shown
    assert 'data-state="not checked"' in reply.content.decode()


@pytest.mark.parametrize("report", [{"valid": False}, {"valid": True, "errors": [{}]}])
def test_a_report_that_contradicts_itself_is_never_green(member: Client, page: str, server: Answers, report: Any) -> None:
    server.report = report
    assert "Passed" not in words(member.post(page, sent()))


def test_version_0_9_is_not_asked(member: Client, page: str, server: Answers, settings: Any, address: str) -> None:
    text = Path(settings.SERVICES_FILE).read_text().replace('"bearer"', '"query"')
    Path(settings.SERVICES_FILE).write_text(text)
    configured._all.cache_clear()
    shown = words(member.get(address))
    assert "Test REANA is of a version that does not check specifications." in shown
    assert "Check on the server" not in shown
    assert "does not check specifications" in words(member.post(page, sent()))
    assert server.tokens == []


def test_the_answer_is_that_of_the_chosen_server(member: Client, page: str, server: Answers, settings: Any, address: str) -> None:
    older = SERVICES.replace('"reana"\ntitle = "Test REANA"', '"old"\ntitle = "Old REANA"').replace('"bearer"', '"query"')
    path = Path(settings.SERVICES_FILE)
    path.write_text(path.read_text() + older)
    configured._all.cache_clear()
    opened = member.get(address)
    assert "Not checked yet by Test REANA." in words(opened)
    assert "of a version that does not check" not in words(opened)
    assert 'hx-trigger="change from:#servers"' in opened.content.decode()
    asked = member.post(page, sent(server="reana"))
    assert 'name="asked" value="reana"' in asked.content.decode()
    other = words(member.post(page, sent(server="old", asked="reana", follow="1")))
    assert "Old REANA is of a version that does not check specifications." in other
    assert "Test REANA" not in other
    assert "Check on the server" not in other
    assert len(server.bundles) == 1
    assert "Test REANA found nothing wrong." in words(member.post(page, sent(server="reana", asked="reana", follow="1")))
    assert "Not checked yet by Test REANA." in words(member.post(page, sent(server="reana", asked="nosuch", follow="1")))
    assert len(server.bundles) == 2


def test_without_javascript_the_page_itself_has_the_answer(member: Client, page: str, server: Answers, address: str) -> None:
    reply = member.post(address, sent(do="validate"))
    assert reply.status_code == 200
    assert "Test REANA found nothing wrong." in words(reply)
    assert 'name="p-source"' in reply.content.decode()
    assert Run.objects.count() == 0


def test_what_will_be_refused_again_is_not_to_be_asked_again(member: Client, page: str, server: Answers) -> None:
    server.status, server.report = 413, {"message": "Too large"}
    shown = words(member.post(page, sent()))
    assert "Test REANA says: Too large" in shown
    assert "later" not in shown


@pytest.fixture
def with_files(specification: Specification) -> Specification:
    specification.text = (
        "inputs: {files: [code/a.py, data.csv, ../x], directories: [rules], parameters: {input: p.yaml}}\n"
        "workflow: {type: snakemake, file: Snakefile}\n"
    )
    specification.code = dict.fromkeys(["Snakefile", "code/a.py", "rules/b.smk", "rulesets/c", "p.yaml", "README.md"], "text")
    specification.data = {"data.csv": {"lake": "l", "did": "s:n"}, "other.csv": {"lake": "l", "did": "s:m"}}
    for name in ("reana_yaml", "stored_paths"):
        specification.__dict__.pop(name, None)
    return specification


def test_all_that_a_launch_sends_is_sent_with_data_that_are_declared_as_empty_files(with_files: Specification) -> None:
    bundle = bundle_of(with_files, {})
    assert set(bundle.files) == {"reana.yaml", *with_files.code, "data.csv"}
    assert (bundle.data, bundle.files["data.csv"], bundle.left_out) == (("data.csv",), b"", 0)


@pytest.mark.parametrize("limit", ["MAX_FILES", "MAX_BYTES"])
def test_where_all_is_too_much_what_the_specification_declares_is_sent(
    with_files: Specification, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(bundles, limit, {"MAX_FILES": 6, "MAX_BYTES": 17}[limit])
    bundle = bundle_of(with_files, {})
    assert set(bundle.files) == {"reana.yaml", "Snakefile", "code/a.py", "rules/b.smk", "p.yaml", "data.csv"}
    assert bundle.left_out == 2
    monkeypatch.setattr(bundles, limit, 2)
    with pytest.raises(bundles.NotSent):
        bundle_of(with_files, {})


def test_files_of_the_workflow_count_before_those_of_the_inputs(with_files: Specification, monkeypatch: pytest.MonkeyPatch) -> None:
    with_files.text = "workflow: {type: snakemake, file: Snakefile, files: [code/a.py]}\ninputs: {files: [data.csv]}\n"
    with_files.__dict__.pop("reana_yaml", None)
    monkeypatch.setattr(bundles, "MAX_FILES", 4)
    assert set(bundle_of(with_files, {}).files) == {"reana.yaml", "Snakefile", "code/a.py"}


def test_the_text_of_the_tests_has_the_lines_that_are_expected() -> None:
    assert "image:2" in TEXT.splitlines()[8]


def test_a_stored_file_that_is_gone_is_said(
    specification: Specification, people: dict[str, User], server: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(server_checks, "bundle_of", gone)
    monkeypatch.setattr(server_checks.reana, "validates", lambda _server: True)
    (check,) = server_checks.ask(specification, {}, service(ServiceKind.REANA), people["member"])
    assert (check.state, check.messages) == ("not checked", ("Not checked: the portal no longer has all files of the workflow.",))
