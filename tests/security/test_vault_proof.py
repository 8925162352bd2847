"""Nobody is ever shown as another, and one refresh is enough for all processes; at full size in benchmarks/mix_up.py."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from devstack.address import ROOT, database_url
from tests.iam.issuer import Issuer
from tests.security.storm import storm
from tests.security.upstream import checking
from vre_portal.iam import vault
from vre_portal.iam.models import Token, User
from vre_portal.services import Service, ServiceKind, service

People = Callable[..., User]
threads = pytest.mark.django_db(transaction=True)  # each has a connection of its own and sees only what is committed
PROCESSES, THREADS = 5, 10


@threads
def test_fifty_people_in_thirty_two_threads_are_never_mixed_up(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    issuer.server.socket.listen(128)  # five callers may wait otherwise, and the sixth's connection times out
    people = [with_tokens(f"person{number}") for number in range(50)]
    reana = service(ServiceKind.REANA)
    with checking(issuer.url, "rucio", "reana") as upstreams:
        found = storm(people, [(rucio, upstreams["rucio"]), (reana, upstreams["reana"])], calls=40, threads=32)
        seen = [dict(upstream.seen) for upstream in upstreams.values()]
    assert found.pop("renewed", 0) <= 32
    assert found.pop("unavailable", 0) <= 20
    assert dict(found) == {"200": 2000}
    assert seen == [{"right": 1000}, {"right": 1000}]


@pytest.mark.django_db
def test_the_proof_sees_a_mix_up_a_wrong_audience_and_a_forgery(issuer: Issuer, rucio: Service, with_tokens: People) -> None:
    ada, eve = with_tokens("ada"), with_tokens("eve")
    token = vault.access_token(eve, rucio, purpose="test")
    with checking(issuer.url, "rucio", "reana") as upstreams:
        assert upstreams["rucio"].judge(token, eve.subject) == "right"
        assert upstreams["rucio"].judge(token, ada.subject) == "mixed up"
        assert upstreams["reana"].judge(token, eve.subject) == "wrong audience"
        issuer.new_key()
        assert upstreams["rucio"].judge(issuer.sign(issuer.claims("eve", "rucio")), "eve") == "not genuine"


@threads
def test_fifty_requests_in_five_processes_refresh_once(issuer: Issuer, iam: Service, with_tokens: People) -> None:
    ada = with_tokens()
    past = timezone.now() - timedelta(seconds=1)
    Token.objects.filter(user=ada).update(expires_at=past, fresh_until=past)
    issuer.delay = 0.5
    issuer.server.socket.listen(128)
    own = {"DATABASE_URL": database_url(connection.settings_dict["NAME"]), "SERVICES_FILE": settings.SERVICES_FILE}
    command = [sys.executable, "-m", "tests.security.asking", str(ada.pk), str(THREADS)]
    asking = [
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: TID251
        for _ in range(PROCESSES)
    ]
    try:
        assert all(one.stdout and one.stdout.readline() == "ready\n" for one in asking)
        for one in asking:
            assert one.stdin
            one.stdin.write("\n")
            one.stdin.flush()
        got = [word for one in asking for word in one.communicate(timeout=60)[0].split()]
    finally:
        for one in asking:
            one.kill()
    assert len(got) == PROCESSES * THREADS
    assert len(set(got)) == 1
    assert issuer.asked["refresh_token"] == 1
    assert issuer.asked["exchange for rucio"] == 1
