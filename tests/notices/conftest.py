"""What tests of notices share: kinds of their own, and a shorthand to report an event."""

from collections.abc import Callable, Iterator
from itertools import count
from types import ModuleType
from typing import Any

import pytest

from projects.models import Project
from tests.factories import make_project
from tests.notices import webhook_rows
from tests.notices.webhook_receivers import Receiver, allow, receiving
from vre_portal.iam.models import User
from vre_portal.notices import kinds, services
from vre_portal.notices.kinds import NoticeKind
from vre_portal.notices.models import Notice
from vre_portal.notices.webhooks.models import Webhook
from vre_portal.search.audiences import PUBLIC

ENDED = kinds.register(NoticeKind("tests.ended", "Something ended", "Tests", group_title=lambda number, _title: f"{number} things ended"))
OTHER = kinds.register(NoticeKind("others.asked", "Something was asked", "Others"))
_numbers = count(1)


class Odd(Exception):
    """What no application expects of one of its things."""


@pytest.fixture
def fail_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType, str], Callable[[], None]]:
    """Let what an application reports fail where its title has a word, until what is returned is called."""

    def fail(module: ModuleType, word: str) -> Callable[[], None]:
        def notify(*args: Any, **facts: Any) -> object:
            if word in str(facts["title"]):
                raise Odd(word)
            return services.notify(*args, **facts)

        monkeypatch.setattr(module, "notify", notify)
        return lambda: monkeypatch.setattr(module, "notify", services.notify)

    return fail


@pytest.fixture
def give(people: dict[str, User]) -> Callable[..., Notice]:
    """Report an event to one person, `lead` unless said otherwise, and return their notice."""

    def report(title: str = "Something ended", *, to: str = "lead", kind: NoticeKind = ENDED, **facts: Any) -> Notice:
        facts = {"url": "/status/", "audience": PUBLIC, **facts}
        event = services.notify(kind.key, f"thing:{next(_numbers)}", title=title, to=[people[to]], **facts)
        assert event is not None
        return event.notices.get()

    return report


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_project(slug="told", lead=people["lead"])


@pytest.fixture
def receiver(monkeypatch: Any) -> Iterator[Receiver]:
    """A server that takes messages, which services.toml names."""
    with receiving() as found:
        allow(monkeypatch, found.url)
        yield found


@pytest.fixture
def webhook(project: Project, people: dict[str, User], receiver: Receiver) -> Webhook:
    """A webhook of the project, with that receiver."""
    return webhook_rows.project_webhook(project, people["lead"], receiver.url)
