"""What the hub is told of a project's data: a list of bearable length, and how many are not in it."""

from projects.models import Project
from projects.notebooks import worker
from tests.factories import make_resource
from tests.notebooks.conftest import MakeSession


def test_more_data_than_are_listed_are_counted(project: Project, make_session: MakeSession) -> None:
    session = make_session()
    assert "more" not in worker.options(session)  # a hub of an earlier version takes no such option
    for _ in range(worker.MOST_DIDS + 2):
        make_resource(project)
    options = worker.options(session)
    assert (len(options["dids"]), options["more"]) == (worker.MOST_DIDS, 3)  # type: ignore[arg-type]
