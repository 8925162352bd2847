"""The kinds of requests about a Data Lake: access to restricted data, account limits, scopes, and copies of data."""

from django.urls import reverse

from projects.requests import kinds
from projects.requests.lake_kinds import restricted_data
from projects.requests.lake_kinds.account_limit import ACCOUNT_LIMIT
from projects.requests.lake_kinds.new_scope import NEW_SCOPE
from projects.requests.lake_kinds.place_for_data import PLACE_FOR_DATA
from vre_portal import access_requests

KINDS = (restricted_data.RESTRICTED_DATA, ACCOUNT_LIMIT, NEW_SCOPE, PLACE_FOR_DATA)


def register() -> None:
    """Make them known, to the pages of the Data Lake too."""
    for kind in KINDS:
        kinds.register(kind)
    access_requests.register(
        access_requests.RequestDesk(
            page_for=restricted_data.form_page,
            open_page=restricted_data.open_page,
            people_waiting=restricted_data.people_waiting,
            list_page=lambda: f"{reverse('requests:index')}?kind={restricted_data.KEY}",
        )
    )
