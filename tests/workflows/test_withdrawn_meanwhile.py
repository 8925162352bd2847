"""A result that is withdrawn while its files are on their way into the lake is not kept, or the project says that it was withdrawn."""

from typing import Any

import pytest

from datalake import rucio
from projects.models import Resource
from projects.workflows.models import Keep, Result, Run
from projects.workflows.results import services
from tests.workflows.test_archiving import chosen, ended, proceeded, uploads


@pytest.fixture
def result(kept: Keep, settings: Any, tmp_path: Any) -> Result:
    settings.MEDIA_ROOT = str(tmp_path)
    ended(kept.run)
    return Result.objects.present(Run.objects.get(pk=kept.run_id))


def withdrawing(monkeypatch: pytest.MonkeyPatch, result: Result, during: str) -> list[str]:
    """The result is withdrawn while the lake does this; what it was asked to do then and later."""
    done: list[str] = []

    def watched(name: str, call: Any) -> Any:
        def act(*given: Any) -> Any:
            if name == during and not done:
                services.withdraw(by=result.run.by, result=result, reason="wrong")
            if done or name == during:
                done.append(name)
            return call(*given)

        return act

    for name in ("upload_file", "attach", "close_collection", "ensure_rule"):
        monkeypatch.setattr(rucio, name, watched(name, getattr(rucio, name)))
    return done


@pytest.mark.parametrize("during", ["upload_file", "attach", "close_collection"])
def test_what_is_withdrawn_meanwhile_gets_no_rule(kept: Keep, result: Result, monkeypatch: pytest.MonkeyPatch, during: str) -> None:
    uploads(monkeypatch, {})
    chosen(kept, ["a"])
    done = withdrawing(monkeypatch, result, during)
    found = proceeded(kept)
    assert (found.status, found.error) == (Keep.Status.FAILED, "The result of this run was withdrawn, so it is not kept again.")
    assert not {"ensure_rule"} & set(done)
    assert during != "upload_file" or done == ["upload_file"]  # in no dataset, either
    assert not Resource.objects.filter(kind=Resource.Kind.RESULT).exists()


def test_where_it_is_there_already_the_project_says_that_it_was_withdrawn(
    kept: Keep, result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads(monkeypatch, {})
    chosen(kept, ["a"])
    withdrawing(monkeypatch, result, "ensure_rule")
    assert proceeded(kept).status == Keep.Status.REPLICATING
    facts = Resource.objects.get(kind=Resource.Kind.RESULT).facts
    assert (facts["withdrawn"], bool(facts["withdrawn_at"])) == (result.get_absolute_url(), True)
