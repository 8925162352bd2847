"""Where people ask for access to restricted data: the application that takes such requests says so, for pages of the Data Lake and of projects."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse

from vre_portal.iam.models import User


@dataclass(frozen=True)
class RequestDesk:
    """What the application that takes requests answers."""

    page_for: Callable[[str, str], str]  # the address of the form, for a lake and a scope
    open_page: Callable[[User, str, str], str]  # of the person's open request for a scope; empty where there is none
    people_waiting: Callable[
        [str, str], Iterable[int]
    ]  # keys of those whose request for a scope of a lake is not decided or not carried out
    list_page: Callable[[], str]  # the address of the list in which owners find what they can answer


_desks: list[RequestDesk] = []


def register(desk: RequestDesk) -> None:
    """Let an application take the requests; the last one counts."""
    _desks.append(desk)


def page_for(lake: str, scope: str) -> str:
    """Where to request access to a scope: the form, or, where no application takes requests, the scope's page, which names its owners."""
    return _desks[-1].page_for(lake, scope) if _desks else reverse("lake_access:scope", args=[lake, scope])


def can_ask() -> bool:
    """Whether an application takes requests."""
    return bool(_desks)


def open_page(user: User, lake: str, scope: str) -> str:
    """The person's open request for a scope; empty where there is none."""
    return _desks[-1].open_page(user, lake, scope) if _desks else ""


def people_waiting(lake: str, scope: str) -> Iterable[int]:
    """Keys of the people whose request for access to a scope is under way."""
    return _desks[-1].people_waiting(lake, scope) if _desks else ()


def list_page() -> str:
    """Where owners find the requests that they can answer; empty where no application takes requests."""
    return _desks[-1].list_page() if _desks else ""
