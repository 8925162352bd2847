"""What the web process loads when it starts: a library that few pages need is loaded by the first of them, and by no other process."""

import json
import subprocess
import sys
from typing import Any

import pytest

from devstack.address import ROOT

# Large, and needed by few pages or by workers alone.
HEAVY = (
    "PIL", "arro3", "astropy", "bravado", "cwltool", "h5py", "jsonschema", "matplotlib", "numpy", "pandas", "pkg_resources", "pyfive",
    "pyvo", "reana_client", "reana_commons", "snakemake", "uproot",
)  # fmt: skip
START = """
import json, sys
from vre_portal.wsgi import application
from django.urls import get_resolver
from django.test import RequestFactory

def load(resolver):
    for item in getattr(resolver, "url_patterns", ()):
        load(item)

load(get_resolver())
answers = []
environ = RequestFactory(headers={"Host": HOST}).get("/healthz").environ
b"".join(application(environ, lambda status, headers: answers.append(status)))
print(json.dumps({"answers": answers, "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, Any]:
    """The modules of a new web process that has all its addresses and has served a page."""
    from django.conf import settings

    host = settings.ALLOWED_HOSTS[0]
    script = f"HOST = {host!r}\n{START}"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_a_page_is_served(started: dict[str, Any]) -> None:
    assert started["answers"] == ["200 OK"]
    assert {"projects.workflows.views", "datalake.urls", "projects.editing.pictures"} <= set(started["modules"])


def test_no_heavy_library_is_loaded_at_the_start(started: dict[str, Any]) -> None:
    loaded = {name.partition(".")[0] for name in started["modules"]}
    assert sorted(loaded & set(HEAVY)) == []
