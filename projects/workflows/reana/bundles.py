"""Specifications that are sent with their files: what REANA 0.95 itself says of one, before anything is created there.

A server that does this says so to everybody in its ping (`workflow-specification-bundles-v1`); version 0.9 does not.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from projects.workflows.reana import pace
from projects.workflows.reana.calls import call, understood
from vre_portal.http import request
from vre_portal.services import Dialect, Service
from vre_portal.text import plain

CAPABILITY = "workflow-specification-bundles-v1"
NAME = "reana.yaml"
KEPT_SECONDS = 300  # for which an answer to a ping counts
TIMEOUT, SECONDS = (2.0, 30.0), 30.0  # the server reads the files in a job of its own before it answers
MAX_FILES, MAX_BYTES = 1000, 20 * 1024 * 1024  # REANA itself takes five times as many bytes; a page holds them twice
MAX_ENTRIES, MAX_TEXT = 100, 500


@dataclass(frozen=True)
class Finding:
    """What the server says of one place: `path` leads to it in the reana.yaml, its parts joined by dots; empty where it names none."""

    code: str
    message: str
    path: str = ""


@dataclass(frozen=True)
class Report:
    """What the server says of a specification."""

    is_valid: bool
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Report":
        """From its answer; raises where that has another shape. A report with errors is never valid."""
        errors, warnings = (tuple(_findings(answer.get(name) or ())) for name in ("errors", "warnings"))
        if not isinstance(answer["valid"], bool):
            raise TypeError
        return cls(answer["valid"] and not errors, errors, warnings)


def _findings(entries: Iterable[Any]) -> Iterable[Finding]:
    for entry in list(entries)[:MAX_ENTRIES]:
        yield Finding(*(plain(str(entry.get(key) or ""))[:MAX_TEXT] for key in ("code", "message", "path")))


def validates(server: Service) -> bool:
    """Whether the server says that it takes specifications with their files; asked without a token. Raises RemoteError."""
    if server.dialect is not Dialect.BEARER:
        return False
    key = f"reana-bundles:{server.url}"
    known: bool | None = cache.get(key)
    if known is None:
        with pace.waited(server), understood(server):
            answer = request(server, "GET", "/api/ping", timeout=TIMEOUT).json()
            known = CAPABILITY in (answer.get("api_capabilities") or ())
        cache.set(key, known, KEPT_SECONDS)
    return known


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files in one ZIP without compression, the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED, allowZip64=False) as bundle:
        for name in sorted(files):
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o100600 << 16
            bundle.writestr(info, files[name])
    return made.getvalue()


def validate(server: Service, token: str, files: Mapping[str, bytes]) -> Report:
    """What the server says of the specification in `reana.yaml` with its files; nothing is created. Raises RemoteError."""
    form = {"bundle": ("bundle.zip", archive(files), "application/zip")}
    reply = call(server, token, "validate_workflow_specification", files=form, timeout=TIMEOUT, deadline=SECONDS)
    with understood(server):
        return Report.of(reply.json())
