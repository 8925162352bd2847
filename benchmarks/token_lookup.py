"""What noting each use adds to a token look-up: bare and noted look-ups in turn (ABAB), on the local stack's PostgreSQL.

`python -m devstack.portal.manage -- python benchmarks/token_lookup.py` with the stack's PostgreSQL running; makes rows, and takes them away.
"""

import json
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
django.setup()

from django.utils import timezone  # noqa: E402

from vre_portal import token_use_context  # noqa: E402
from vre_portal.audit.models import Use  # noqa: E402
from vre_portal.iam import vault  # noqa: E402
from vre_portal.iam.models import Token, User  # noqa: E402
from vre_portal.iam.oidc.tokens import Tokens  # noqa: E402
from vre_portal.iam.vault.access import token_for  # noqa: E402
from vre_portal.services import Service, ServiceKind, service  # noqa: E402

ROUNDS, LOOKUPS = 15, 200


def person(target: Service) -> User:
    """Somebody with a fresh token for one service."""
    user = User.objects.create(issuer=service(ServiceKind.IAM).url, subject=f"benchmark-{uuid.uuid4()}")
    token = Token(user=user, service=f"{target.kind}/{target.name}")
    value = "x" * 1200  # as long as a JWT
    token.fill(Tokens(access=value, refresh="", identity="", scope="", expires_at=timezone.now() + timedelta(hours=1)), purpose="benchmark")
    token.save()
    return user


def timed(call: Callable[[int], object]) -> list[float]:
    """Milliseconds of each call."""
    found = []
    for turn in range(LOOKUPS):
        begin = time.perf_counter()
        call(turn)
        found.append((time.perf_counter() - begin) * 1000)
    return found


def main() -> None:
    """Print medians, and the ratio of each round, as JSON."""
    target = service(ServiceKind.RUCIO)
    user = person(target)
    token_use_context.start("benchmark")
    kinds: dict[str, Callable[[int], object]] = {
        "bare": lambda _: token_for(user, target, "benchmark"),
        "noted, a new row each": lambda turn: vault.access_token(user, target, purpose=f"benchmark {uuid.uuid4()} {turn}"),
        "noted, counted in one row": lambda _: vault.access_token(user, target, purpose="benchmark"),
    }
    times: dict[str, list[float]] = {name: [] for name in kinds}
    ratios: dict[str, list[float]] = {name: [] for name in kinds}
    try:
        for call in kinds.values():
            call(-1)
        for _ in range(ROUNDS):
            round_ = {name: timed(call) for name, call in kinds.items()}
            for name, found in round_.items():
                times[name] += found
                ratios[name].append(statistics.median(found) / statistics.median(round_["bare"]))
    finally:
        Use.objects.filter(person=user.handle).delete()
        user.delete()
    bare = statistics.median(times["bare"])
    for name, found in times.items():
        ranked = sorted(found)
        print(
            json.dumps(
                {
                    "look-up": name, "median ms": round(statistics.median(found), 3), "p95 ms": round(ranked[int(len(ranked) * 0.95)], 3),
                    "adds ms": round(statistics.median(found) - bare, 3), "ratio": round(statistics.median(ratios[name]), 2),
                    "ratio min-max": [round(min(ratios[name]), 2), round(max(ratios[name]), 2)], "count": len(found),
                }
            )
        )  # fmt: skip


main()
