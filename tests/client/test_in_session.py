"""The package `vre` in a notebook session: there without an installation, signed in without a question."""

import pytest

from tests.notebooks.lab_session import lab_session
from tests.stack import portal_session

pytestmark = [pytest.mark.integration("portal", "hub", "iam", "rucio", "storage"), pytest.mark.rare(group="sessions")]
CODE = """
import vre
print(vre.me().username)
item = vre.basket().add("did", "escape:KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf")
print(len(list(item.path().iterdir())), "files")
vre.basket().remove(item)
print(vre.basket()._repr_html_()[:3])
"""


def test_it_reads_the_person_s_basket() -> None:
    portal_session("member")
    with lab_session("member", "vre-package") as session:
        ran = session.shell("python", "-c", CODE)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == ["member", "5 files", "<p>"]
    assert session.environment["JUPYTERHUB_API_TOKEN"] not in ran.stdout + ran.stderr
