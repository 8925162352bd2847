"""Templates of answers: those of a kind, those of REQUESTS_FILE, and those that administrators wrote."""

from projects.requests.configuration import configuration
from projects.requests.kinds import AnswerTemplate, RequestKind
from projects.requests.models import StoredAnswer

MAX_TEMPLATES = 50


def templates_for(kind: RequestKind, *, has_stored: bool = True) -> list[AnswerTemplate]:
    """All that fit requests of a kind; the database is asked where it is known to have some."""
    configured = configuration().answers
    texts = [*configured.get(kind.key.removeprefix("local."), ()), *configured.get("*", ())]
    stored = StoredAnswer.objects.filter(kind__in=(kind.key, ""))[:MAX_TEMPLATES] if has_stored else ()
    own = [AnswerTemplate(item.title, item.text) for item in stored]
    return [*kind.answers(), *(AnswerTemplate(title, text) for title, text in texts), *own][:MAX_TEMPLATES]
