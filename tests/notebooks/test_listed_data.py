"""The starter notebook lists of the project's data those that the session's person may see at the moment of its start."""

from collections.abc import Callable

import pytest

from projects.models import Project
from projects.notebooks.server_options import MAX_DIDS, server_options
from tests.factories import make_resource
from tests.notebooks.conftest import MakeSession
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
OPEN, CLOSED = "KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf", "KM3NET_EMBARGO_SP:candidates"


@pytest.fixture
def closed(project: Project) -> None:
    make_resource(project, identifier=CLOSED, title="Secret")


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize(("name", "listed"), [("member", [OPEN]), ("lead", [OPEN, CLOSED])])
def test_restricted_data_are_listed_to_their_readers_alone(
    make_session: MakeSession, people: dict[str, User], name: str, listed: list[str]
) -> None:
    assert server_options(make_session(people[name]))["dids"] == listed


@pytest.mark.usefixtures("closed")
def test_groups_that_ended_while_the_session_waited_count(make_session: MakeSession, people: dict[str, User]) -> None:
    session = make_session(people["lead"])
    assert CLOSED in str(server_options(session))
    User.objects.filter(pk=people["lead"].pk).update(groups=["escape", "escape/km3net"])  # as the worker's row does not know
    assert server_options(session)["dids"] == [OPEN]


@pytest.mark.usefixtures("closed")
def test_a_hundred_closed_names_push_no_open_one_out(
    make_session: MakeSession, project: Project, lake_options: Callable[..., None]
) -> None:
    for number in range(MAX_DIDS + 1):
        make_resource(project, identifier=f"A_CLOSED_SP:n{number}")
    lake_options(restricted_scopes={"*CLOSED_SP": ["escape/nobody"], "KM3NET_EMBARGO_SP": ["escape/nobody"]})
    assert server_options(make_session())["dids"] == [OPEN]


def test_more_data_than_are_listed_are_counted(project: Project, make_session: MakeSession) -> None:
    session = make_session()
    assert "more" not in server_options(session)  # a hub of an earlier version takes no such option
    for _ in range(MAX_DIDS + 2):
        make_resource(project)
    options = server_options(session)
    assert (len(options["dids"]), options["more"]) == (MAX_DIDS, 3)  # type: ignore[arg-type]
