"""What lists and mails say of a thread: words without the marks of Markdown, and steps as sentences that the time can follow."""

import pytest

from projects.requests.models import RequestEvent
from projects.requests.notices import words_of
from projects.requests.timeline import sentence_of
from vre_portal.iam.models import User


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("New spectra of **Mrk 421**", "New spectra of Mrk 421"),
        ("> **Petra:**\n> the old words\n\nWhich *instrument*?", "Which instrument?"),
        ("- one\n- [two](https://example.org/secret)", "one two"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # as it was typed; pages and mails escape it
    ],
)
def test_a_notice_has_the_words_without_marks_and_quotes(text: str, words: str) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("by", "text", "sentence"),
    [
        ("Lena Lead", "", "Lena Lead granted the request"),
        ("Lena Lead", "It is there as agnpy 1.", "Lena Lead carried out the request: It is there as agnpy 1"),
        (None, "Your limit is 5 GB.", "It was carried out: Your limit is 5 GB"),
    ],
)
def test_the_last_step_says_what_was_done(by: str | None, text: str, sentence: str) -> None:
    person = User(pk=1, name=by) if by else None
    assert sentence_of(RequestEvent(what=RequestEvent.What.DONE, by=person, text=text)) == sentence
