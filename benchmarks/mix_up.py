"""Whether 50 people, from 32 threads, 1000 calls each, are ever shown as one another, with tokens of the stack's IAM and services that check them.

`python -m devstack.portal.manage -- python benchmarks/mix_up.py [calls of each person]` with the stack's postgres, redis and iam running.
The people are made at the IAM, sign in there by its form, and are taken away again on both sides. Their tokens go by the vault and the
portal's HTTP door to two services of this program that check signature, issuer, audience and subject themselves. On the way tokens are made
old, so that exchanges happen in the middle. A call that finds nobody is made again, and counted. Prints one line of JSON; exit status 1
where anything but a right answer was counted.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
django.setup()

import logging  # noqa: E402

from django.utils import timezone  # noqa: E402

from devstack.address import ENVS, IAM_ISSUER, ROOT  # noqa: E402
from tests.devstack import iam_client  # noqa: E402
from tests.security.storm import storm  # noqa: E402
from tests.security.upstream import checking  # noqa: E402
from vre_portal.audit.models import Use  # noqa: E402
from vre_portal.iam import oidc, vault  # noqa: E402
from vre_portal.iam.models import User  # noqa: E402
from vre_portal.iam.oidc import signatures  # noqa: E402
from vre_portal.iam.oidc.tokens import Tokens  # noqa: E402
from vre_portal.services import ServiceKind, service  # noqa: E402

PEOPLE, THREADS, CALLS = 50, 32, 1000
NAMES = [f"crowd{number:02}" for number in range(PEOPLE)]


def at_the_iam(code: str) -> None:
    """What its administrator would do."""
    lines = f"from devstack.iam.models import Person\nfrom django.contrib.auth.hashers import make_password\nnames = {NAMES!r}\n{code}"
    command = [str(ENVS / "iam" / "bin" / "python"), "-m", "devstack.iam.manage", "shell", "--verbosity=0", "-c", lines]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def signed_in(name: str) -> User:
    """Somebody with the tokens of a sign-in, checked as the portal checks them."""
    iam, answer = service(ServiceKind.IAM), iam_client.login(name)
    subject = signatures.identity(iam, answer["id_token"], nonce="n")["sub"]
    user = User.objects.for_identity(iam.url, subject, name=name)
    ends = timezone.now() + timedelta(seconds=answer["expires_in"])
    held = Tokens(access=answer["access_token"], refresh=answer["refresh_token"], identity="", scope=answer["scope"], expires_at=ends)
    vault.store_sign_in(user, held)
    return user


@contextmanager
def crowd() -> Iterator[list[User]]:
    """All of them, and none left behind."""
    at_the_iam("for name in names: Person.objects.get_or_create(username=name, defaults={'password': make_password(name)})")
    try:
        yield [signed_in(name) for name in NAMES]
    finally:
        found = User.objects.filter(name__in=NAMES, issuer=IAM_ISSUER)
        for token in (token for user in found for token in user.tokens.filter(service=vault.SIGN_IN)):
            oidc.revoke(service(ServiceKind.IAM), token.open_refresh())
        Use.objects.filter(person__in=found.values("handle")).delete()
        found.delete()
        at_the_iam("Person.objects.filter(username__in=names).delete()")


def main(calls: int) -> int:
    """Run it, print what was counted; the exit status."""
    logging.disable(logging.INFO)
    rucio, reana = service(ServiceKind.RUCIO), service(ServiceKind.REANA)
    with crowd() as people, checking(IAM_ISSUER, rucio.audience, reana.audience) as upstreams:
        begin = time.monotonic()
        targets = [(rucio, upstreams[rucio.audience]), (reana, upstreams[reana.audience])]
        answers = storm(people, targets, calls=calls, threads=THREADS)
        seconds = time.monotonic() - begin
    seen: dict[str, Any] = {name: dict(upstream.seen) for name, upstream in upstreams.items()}
    made_old, again, total = answers.pop("renewed", 0), answers.pop("unavailable", 0), len(people) * calls
    right = sum(found.get("right", 0) for found in seen.values())
    result = {"people": len(people), "threads": THREADS, "calls of each": calls, "calls": total, "right": right, "answers": dict(answers)}
    print(json.dumps({**result, "seen by": seen, "tokens made old": made_old, "made again": again, "seconds": round(seconds, 1)}))
    return 0 if right == total and dict(answers) == {"200": total} else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS))
