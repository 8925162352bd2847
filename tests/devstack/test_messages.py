"""`make messages --check` looks whether the collected words are those of the pages, and leaves the files as they were."""

from pathlib import Path

import pytest

from devstack import messages


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A locale folder with a template of messages and one language; collecting writes both."""
    folder = tmp_path / "locale"
    language = folder / "de" / "LC_MESSAGES" / "django.po"
    language.parent.mkdir(parents=True)
    template = folder / "django.pot"
    template.write_text("the words of before")
    language.write_text("translated")

    def collected() -> str:
        template.write_text("POT-Creation-Date: now")
        language.write_text("changed by the collecting")
        return "the words of now"

    monkeypatch.setattr(messages, "CATALOGUE", template)
    monkeypatch.setattr(messages, "collected", collected)
    monkeypatch.setattr(messages.shutil, "which", lambda _: "/usr/bin/xgettext")
    return template


@pytest.mark.parametrize(("content", "status"), [("the words of now", 0), ("the words of before", 1)])
def test_the_check_fails_on_other_words_and_writes_nothing(catalogue: Path, content: str, status: int) -> None:
    catalogue.write_text(content)
    assert messages.main(["--check"]) == status
    assert catalogue.read_text() == content
    assert next(catalogue.parent.rglob("*.po")).read_text() == "translated"


def test_without_the_option_the_words_are_written(catalogue: Path) -> None:
    assert messages.main([]) == 0
    assert catalogue.read_text() == "the words of now"


def test_where_xgettext_is_missing_only_the_check_passes(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages.shutil, "which", lambda _: None)
    assert (messages.main(["--check"]), messages.main([])) == (0, 1)
    assert catalogue.read_text() == "the words of before"
