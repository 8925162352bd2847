"""What somebody may have meant who found nothing: the nearest words that documents of their audiences have."""

from django.db.models import Q, Sum

from vre_portal.search import words
from vre_portal.search.edit_distance import nearest
from vre_portal.search.find import shown_words
from vre_portal.search.models import SearchWord
from vre_portal.search.query import ParsedQuery
from vre_portal.search.statements import Findable

MAX_WORDS, MAX_COMPARED, MIN_LETTERS = 3, 4_000, 3


def suggestion(query: ParsedQuery, findable: Findable) -> str:
    """The search with its unknown words replaced by near ones; empty where nothing near is known."""
    typed = list(dict.fromkeys(word for word in query.search_words if len(word) >= MIN_LETTERS))[:20]
    rows = SearchWord.objects.filter(audience__in=findable.audiences)
    forms = {form for word in typed for form in (word, words.stem(word), f"{word}s")}
    known = set(shown_words(sorted(set(rows.filter(word__in=forms).values_list("word", flat=True))), findable))
    unknown = [word for word in typed if not known & {word, words.stem(word), f"{word}s"}][:MAX_WORDS]
    replaced = {word: better for word in unknown if (better := _better(word, findable))}
    if not replaced:
        return ""
    better = " ".join(_replaced(part, replaced) for part in query.text.split())
    return "" if better == " ".join(query.text.split()) else better  # the unknown word is inside of a name or a filter


def _replaced(part: str, replaced: dict[str, str]) -> str:
    own = list(words.words(part))
    return replaced[own[0]] if len(own) == 1 and own[0] in replaced else part


def _better(word: str, findable: Findable) -> str:
    """The nearest word that begins with one of the first two letters, of equally near ones the most frequent; empty where none is near."""
    begins = Q(word__startswith=word[0]) | Q(word__startswith=word[1])
    rows = SearchWord.objects.filter(begins, audience__in=findable.audiences).values("word").annotate(total=Sum("documents"))
    candidates = rows.order_by("-total").values_list("word", flat=True)[:MAX_COMPARED]
    near = nearest(word, candidates, most=1 if len(word) < 5 else 2)[:5]
    return next(iter(shown_words(near, findable)), "")
