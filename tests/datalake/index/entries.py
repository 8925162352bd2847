"""DIDs for tests, as Rucio would tell them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datalake.index.models import Scope
from datalake.rucio.bulk import Facts

THEN = datetime(2026, 3, 1, tzinfo=UTC)
Fill = Callable[..., Scope]


def fact(name: str, **more: Any) -> Facts:
    """One DID; `words` is what people say of it."""
    plain: dict[str, Any] = {"type": "FILE", "bytes": 1, "length": None, "open": None, "account": "lead", "created": THEN, "updated": THEN}
    return Facts(scope="", name=name, **{**plain, **more})
