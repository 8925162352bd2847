"""Environments as `?format=json` gives them."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from catalog.environments.models import Environment, EnvironmentTest, EnvironmentVersion


def as_dict(request: HttpRequest, environment: Environment) -> dict[str, Any]:
    """An environment with what its current version has."""
    version = environment.current
    return {
        "id": environment.slug,
        "name": environment.name,
        "summary": environment.summary or None,
        "status": environment.status,
        "status_words": environment.status_words or None,
        "notebooks": environment.for_notebooks,
        "workflows": environment.for_workflows,
        "session_kind": environment.session_kind or None,
        "contact": environment.contact or None,
        **(version_as_dict(version) if version else {}),
        "url": request.build_absolute_uri(environment.get_absolute_url()),
    }


def version_as_dict(version: EnvironmentVersion) -> dict[str, Any]:
    """One version."""
    return {
        "version": version.number,
        "image": version.image,
        "digest": version.digest or None,
        "size": version.size,
        "built": version.built_at,
        "gpu": version.has_gpu,
        "cvmfs": version.has_cvmfs,
        "python": version.python or None,
        "languages": version.languages,
        "imports": version.imports,
        "packages": version.packages.count if version.packages else None,
        "changed": version.created_at,
    }


def test_as_dict(test: EnvironmentTest, *, for_editor: bool) -> dict[str, Any]:
    """One test. What the image wrote is for editors alone: it ran as the tester, and may have read their secrets."""
    public = {
        "state": test.state,
        "started": test.created_at,
        "finished": test.finished_at,
        "image": test.image,
        "digest": test.digest or None,
        "results": [_result(result, for_editor=for_editor) for result in test.results],
    }
    return public | ({"words": test.words or None} if for_editor else {})


def _result(result: Mapping[str, Any], *, for_editor: bool) -> dict[str, Any]:
    """How the import of one module went."""
    error = result.get("error", "")
    public = {"module": result.get("module", ""), "version": result.get("version", ""), "passed": not error}
    return public | ({"error": error} if for_editor else {})
