"""DIDs for tests, as Rucio would tell them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datalake.index.models import IndexedScope
from datalake.rucio.bulk import DidRecord

THEN = datetime(2026, 3, 1, tzinfo=UTC)
Fill = Callable[..., IndexedScope]


def fact(name: str, **more: Any) -> DidRecord:
    """One DID; `metadata` is what people say of it."""
    plain: dict[str, Any] = {"type": "FILE", "bytes": 1, "length": None, "open": None, "account": "lead", "created": THEN, "updated": THEN}
    return DidRecord(scope="", name=name, **{**plain, **more})
