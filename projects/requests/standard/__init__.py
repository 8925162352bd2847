"""The kinds of requests that come with the portal, and those of REQUESTS_FILE; registered when the application is ready."""

from projects.requests import kinds
from projects.requests.standard.by_hand import ENVIRONMENT, SERVICE_ACCESS, SOFTWARE_PUBLICATION
from projects.requests.standard.configured import check as check
from projects.requests.standard.configured import configured_kinds
from projects.requests.standard.iam_group import IAM_GROUP
from projects.requests.standard.join import JOIN
from projects.requests.standard.limit import LIMIT
from projects.requests.standard.new_project import NEW_PROJECT

KINDS = (JOIN, NEW_PROJECT, IAM_GROUP, SERVICE_ACCESS, LIMIT, ENVIRONMENT, SOFTWARE_PUBLICATION)


def register() -> None:
    """Make them known; the file is read when `check` or a page needs it."""
    for kind in KINDS:
        kinds.register(kind)
    kinds.register_source(configured_kinds)
