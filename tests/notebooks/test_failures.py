"""What hubs and clusters say of a failed start, in words: texts as people met them, and each leads to its cause and not to a consequence."""

import pytest

from projects.notebooks import failures
from projects.notebooks.models import Session
from tests.notebooks.conftest import MakeSession, SignIn

LATE = "Spawn failed: pod jhub/jupyter-user did not start in 300 seconds!"
EVENTS = [
    ("image", LATE, '2024-05-02T10:00:05Z [Warning] Failed to pull image "example.org/lab:2": rpc error: code = NotFound'),
    ("image", LATE, "2024-05-02T10:00:19Z [Warning] Error: ImagePullBackOff"),
    ("image", "Spawn failed: Timeout", 'container "notebook" in pod "jupyter-a" is waiting to start: trying and failing to pull image'),
    ("full", LATE, "2019-03-24 02:47:40+00:00 [Warning] 0/11 nodes are available: 10 Insufficient memory, 2 Insufficient cpu."),
    ("full", LATE, "[Normal] pod didn't trigger scale-up (it wouldn't fit if a new node is added)"),
    ("full", "Active user limit exceeded. Try again in a few minutes.", ""),
    ("full", "Too many users trying to log in right now. Try again in 30 seconds.", ""),
    ("quota", '(403) Reason: Forbidden: pods "jupyter-a" is forbidden: exceeded quota: hub, requested: limits.cpu=3, used: limits.cpu=139', ""),
    ("quota", '"message":"pods \\"jupyter-a\\" is forbidden: failed quota: tenant: must specify limits.cpu,limits.memory"', ""),
    ("storage", LATE, "pod has unbound immediate PersistentVolumeClaims"),
    ("storage", LATE, 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) jupyter-a'),
    ("ended", "Spawn failed: Server at http://10.244.1.5:8888/user/a/ didn't respond in 30 seconds", "[Warning] Back-off restarting failed container"),
    ("ended", "JupyterLab exited while it was starting (status 1). The hub's log says why.", ""),
    ("late", "Spawn failed: Server at http://10.33.0.84:8888/user/a/ didn't respond in 30 seconds", "[Normal] Started container notebook"),
    ("late", LATE, "Server requested"),
    ("options", "This hub does not offer that cpu. It offers: 1, 2.", ""),
    ("options", "The environment “old” can't be started at Hub. Choose another one: https://portal.example.org/", ""),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "message", "log"), EVENTS)
def test_what_was_said_leads_to_its_cause(kind: str, message: str, log: str) -> None:
    found = failures.cause_of(message, log)
    assert found
    assert found.kind == kind


def test_what_nobody_knows_has_no_cause() -> None:
    assert failures.cause_of("Something else", "Server requested\nSpawning server...") is None


@pytest.mark.django_db
def test_the_page_says_what_happened_what_to_do_and_what_the_hub_said(make_session: MakeSession, signed_in: SignIn) -> None:
    log = "Server requested\n[Warning] <b>0/3 nodes</b> are available: 3 Insufficient memory."
    session = make_session(state=Session.State.FAILED, message=LATE, hub_log=log)
    page = signed_in("member").get(session.get_absolute_url()).content.decode()
    assert "The hub has no room for this session at the moment." in page
    assert "Try again later, or choose less CPU or memory, or no GPU." in page
    assert "&lt;b&gt;0/3 nodes&lt;/b&gt; are available" in page
    assert "did not start in 300 seconds" in page
