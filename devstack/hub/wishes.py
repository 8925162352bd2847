"""What a session may be besides its project's: only values that the hub offers, whatever is posted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from devstack.hub.offer import HubOffer

NAMES = frozenset({"cpu", "memory", "gpu", "basket"})
MOST_BASKETS = 2**63


class WishError(ValueError):
    """Something is asked for that this hub does not offer; the text says what it offers."""


@dataclass(frozen=True)
class Wishes:
    """The size of a session, and the basket that its notebook reads. Empty values are the hub's own defaults."""

    cpu: float | None = None
    memory: float | None = None  # GB
    gpu: str = ""
    basket: int | None = None

    @property
    def memory_bytes(self) -> int | None:
        return int(self.memory * 2**30) if self.memory else None


def read(options: dict[str, Any], offer: HubOffer) -> Wishes:
    """The checked wishes; raises WishError."""
    cpu = _one_of(options, "cpu", offer.cpus)
    memory = _one_of(options, "memory", offer.memories)
    return Wishes(
        cpu=float(cpu) if cpu else None,
        memory=float(memory) if memory else None,
        gpu=_one_of(options, "gpu", offer.gpus),
        basket=_basket(options.get("basket")),
    )


def _one_of(options: dict[str, Any], name: str, offered: Sequence[str]) -> str:
    value = options.get(name, "")
    if isinstance(value, str) and (not value or value in offered):
        return value
    raise WishError(f"This hub does not offer that {name}. It offers: {', '.join(offered) or 'no choice'}.")


def _basket(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 < value < MOST_BASKETS):
        return value
    raise WishError("basket must be the number of a basket.")
