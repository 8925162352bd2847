"""Settings of steps: what this REANA offers of them, how they are sent, carried on and refused."""

import json
import uuid
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from projects.workflows import worker
from projects.workflows.launching import offer_worker, offers
from projects.workflows.launching.overrides import applied
from projects.workflows.models import ReanaOffer, Run, Specification
from projects.workflows.reana.info import Info
from tests.workflows.launching.sent_values import filled
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db


def test_settings_of_steps_are_sent_carried_on_and_listed(member: Client, address: str, offer: ReanaOffer) -> None:
    changed = {"o-1-environment": "image:3", "o-1-memory": "6Gi", "o-1-time": "2h", "o-0-environment": "image:1"}
    assert member.post(address, {**filled(), **changed}).status_code == 302
    run = Run.objects.get()
    assert run.overrides == {"1": {"step": "fit", "environment": "image:3", "memory": "6Gi", "time": 7200}}
    steps = run.content["workflow"]["specification"]["steps"]
    assert (steps[1]["environment"], steps[1]["kubernetes_memory_limit"], steps[1]["kubernetes_job_timeout"]) == ("image:3", "6Gi", 7200)
    assert steps[0] == run.specification.content["workflow"]["specification"]["steps"][0]
    assert run.step_specifications[1]["environment"] == "image:3"
    page = member.get(run.get_absolute_url()).content.decode()
    assert "specification: <bdi>1Gi</bdi>" in page
    again = member.get(f"{address}&from=1").content.decode()
    assert 'value="6Gi"' in again
    assert 'value="image:3"' in again


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("o-0-memory", "9Gi", "At most 8Gi is allowed."),
        ("o-0-memory", "much", "Enter an amount such as 512Mi or 4Gi."),
        ("o-0-memory", "0", "Enter an amount"),
        ("o-0-time", "3000000", "At most 1209600 s is allowed."),
        ("o-0-environment", "a b; rm", "Enter the name of a container image"),
        ("o-0-backend", "condor", "has no backend"),
    ],
)
def test_settings_are_what_this_reana_offers(member: Client, address: str, offer: ReanaOffer, name: str, value: str, words: str) -> None:
    reply = member.post(address, {**filled(), name: value})
    assert reply.status_code == 422
    assert words in reply.content.decode()


def test_limits_of_kubernetes_are_refused_on_another_backend(member: Client, address: str, offer: ReanaOffer) -> None:
    reply = member.post(address, {**filled(), "o-0-backend": "slurmcern", "o-0-memory": "1Gi"})
    assert "can be changed on Kubernetes only" in reply.content.decode()
    assert member.post(address, {**filled(), "o-0-backend": "slurmcern"}).status_code == 302


def test_what_is_not_known_of_a_reana_is_said_and_not_offered(member: Client, address: str, specification: Specification) -> None:
    page = member.get(address).content.decode()
    assert "What Test REANA offers is being looked up." in page
    assert 'name="o-0-memory"' not in page
    assert 'name="o-0-environment"' in page
    assert "Test REANA has no GPUs." in page
    Specification.objects.update(text="workflow: {type: snakemake, file: Snakefile}\n")
    page = member.get(address).content.decode()
    assert "for Snakemake, REANA reads them only in the workflow’s own files" in page
    assert "says nothing about CPU limits" in page


def test_many_steps_have_one_text_for_their_settings(member: Client, address: str, offer: ReanaOffer) -> None:
    steps = [{"name": f"step {number}", "environment": "e", "commands": ["echo"]} for number in range(40)]
    Specification.objects.update(text=json.dumps({"workflow": {"type": "serial", "specification": {"steps": steps}}}))
    sent = {"specification": "fit", "key": str(uuid.uuid4())}
    assert member.post(address, {**sent, "o-yaml": "step 3: {memory: 2Gi}\n40: {environment: x}"}).status_code == 302
    run = Run.objects.get()
    assert run.overrides == {"3": {"step": "step 3", "memory": "2Gi"}, "39": {"step": "step 39", "environment": "x"}}
    assert "4:\n  memory: 2Gi\n" in unescape(member.get(f"{address}&from=1").content.decode())
    for text, words in (
        ("nobody: {memory: 2Gi}", "There is no step"),
        (f'? "{"5" * 5000}"\n: {{memory: 2Gi}}', "There is no step"),
        ("3: {colour: red}", "no setting"),
        ("3: {memory: 9Gi}", "At most 8Gi"),
    ):
        reply = member.post(address, {**sent, "key": str(uuid.uuid4()), "o-yaml": text})
        assert words in reply.content.decode()


def test_settings_of_a_step_that_is_gone_are_told(member: Client, address: str, offer: ReanaOffer) -> None:
    member.post(address, {**filled(), "o-1-memory": "2Gi"})
    Specification.objects.update(text=Specification.objects.get().text.replace("name: fit", "name: other"))
    assert "because the workflow has changed: fit" in member.get(f"{address}&from=1").content.decode()


def test_applying_settings_leaves_the_specification_as_it_is(specification: Specification) -> None:
    before = json.dumps(specification.content)
    assert applied(specification.content, {"0": {"step": "fetch", "memory": "1Gi"}}) != specification.content
    assert json.dumps(specification.content) == before
    assert applied({"workflow": {"type": "cwl", "file": "a"}}, {"0": {"memory": "1Gi"}}) == {"workflow": {"type": "cwl", "file": "a"}}


def test_each_dialect_tells_what_it_offers_and_an_odd_answer_tells_nothing() -> None:
    old = Info.of(
        {
            "compute_backends": {"title": "", "value": ["kubernetes"]},
            "default_kubernetes_memory_limit": {"title": "", "value": "4Gi"},
            "kubernetes_max_memory_limit": {"title": "", "value": None},
            "maximum_kubernetes_jobs_timeout": {"title": "", "value": "1209600"},
        }
    )
    assert (old.backends, old.memory, old.max_memory, old.has_cpu, old.max_time) == (("kubernetes",), "4Gi", "", False, "1209600")
    new = Info.of({"kubernetes_max_cpu_limit": {"value": "2"}, "vetted_container_images_enabled": {"value": "True"}, "x": 3})
    assert (new.has_cpu, new.max_cpu, new.has_vetted_images) == (True, "2", True)
    assert Info.stored(json.loads(json.dumps(new.facts))) == new
    assert Info.of({"compute_backends": {"value": "kubernetes"}, "default_kubernetes_memory_limit": 4}) == Info()


def test_a_reana_is_asked_by_a_worker_once_and_a_failure_changes_nothing(
    specification: Specification, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    person = people["member"]
    assert offers.is_due(person, offers.offers())
    assert not offers.is_due(person, offers.offers())  # just asked
    monkeypatch.setattr(offer_worker, "access_token", lambda *_args, **_options: "token")
    offer_worker.ask(person.pk)  # nobody answers there
    assert not ReanaOffer.objects.exists()
    monkeypatch.setattr(offer_worker.reana, "info", lambda *_args: Info(backends=("kubernetes",)))
    offer_worker.ask(person.pk)
    assert offers.offer_of("reana").backends == ("kubernetes",)
    cache.clear()
    assert not offers.is_due(person, offers.offers())
    ReanaOffer.objects.update(url="http://elsewhere")
    assert offers.offer_of("reana").info is None  # another server under the same name


def test_the_same_form_with_other_settings_is_refused(member: Client, address: str, offer: ReanaOffer) -> None:
    first = filled()
    assert member.post(address, first).status_code == 302
    assert member.post(address, {**first, "o-1-memory": "2Gi"}).status_code == 422
    assert Run.objects.count() == 1


def test_what_is_sent_to_reana_has_the_settings(member: Client, address: str, offer: ReanaOffer, monkeypatch: pytest.MonkeyPatch) -> None:
    member.post(address, {**filled(), "o-1-memory": "2Gi"})
    sent: list[Any] = []
    monkeypatch.setattr(worker.reana, "create", lambda _server, _token, _name, content: sent.append(content) or "id")
    run = Run.objects.get()
    worker._found_or_created(run, run.by, Service(ServiceKind.REANA, "x", "X", "http://127.0.0.1:9"), "")
    assert sent[0]["workflow"]["specification"]["steps"][1]["kubernetes_memory_limit"] == "2Gi"
    assert "vre" not in sent[0]
