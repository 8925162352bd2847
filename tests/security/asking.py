"""A process of the portal in which many threads want the same token at once. Run as a program: PERSON THREADS; begins at a line on stdin."""

import hashlib
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.db import connection  # noqa: E402

from vre_portal.iam import vault  # noqa: E402
from vre_portal.iam.models import User  # noqa: E402
from vre_portal.services import ServiceKind, service  # noqa: E402


def main(pk: int, threads: int) -> None:
    """Print a digest of what each thread got; the token itself goes nowhere."""
    person, gate = User.objects.get(pk=pk), threading.Barrier(threads)

    def ask(_: int) -> str:
        try:
            gate.wait(30)
            return hashlib.sha256(vault.access_token(person, service(ServiceKind.RUCIO), purpose="test").encode()).hexdigest()
        finally:
            connection.close()

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(threads) as pool:
        print(" ".join(pool.map(ask, range(threads))), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
