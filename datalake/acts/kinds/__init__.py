"""The kinds of acts: what each is called, what it is told, and how it is done."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Protocol

from datalake import rucio
from datalake.acts.models import Act
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.jobs.fates import Refused
from vre_portal.services import Service

DONE = ("done", "already")
COUNTED = (("done", "done"), ("already", "were so already"), ("refused", "refused"))


class Unfinished(Refused):
    """Some of several things were refused; the text says so, the notes say which."""


@dataclass
class Doing:
    """What a worker has in hand while it does an act: whose token, which lake, and where to note what was done."""

    lake: Service
    token: str
    act: Act
    unanswered: RemoteUnavailable | None = None  # what the lake failed at, of several things

    def missed(self, what: str, error: RemoteError) -> None:
        """The lake refused or failed at one of several things: the others are done. Raises the error where they could not be."""
        if isinstance(error, RemoteUnavailable):
            if error.retry_after is not None or not rucio.is_up(self.lake):
                raise error
            self.unanswered = error
        self.note(what, "waiting" if isinstance(error, RemoteUnavailable) else "refused", str(error))

    def done(self, what: str) -> Mapping[str, str] | None:
        """What an earlier attempt did with one of several things, where that was all that was wanted."""
        return next((item for item in self.act.results if item["what"] == what and item["state"] in DONE), None)

    def note(self, what: str, state: str, words: str = "", *, rule: str = "") -> None:
        """What became of one of several things, kept at once; also says that the worker lives. States: done, already, refused."""
        self.note_all([what], state, words, rule=rule)

    def note_all(self, things: Iterable[str], state: str, words: str = "", *, rule: str = "") -> None:
        """The same became of several."""
        self.act.hold()
        self.act.noted(*({"what": what, "state": state, "words": words, "rule": rule} for what in things))

    def summary(self, *, done: str) -> str:
        """The answer after several things: how many were done.

        Raises RemoteUnavailable where the lake failed at some, so that these are tried again, and Unfinished where it refused any.
        """
        if self.unanswered is not None:
            left = sum(item["state"] == "waiting" for item in self.act.results)
            raise RemoteUnavailable(f"The lake failed at {left} of {len(self.act.results)}: {self.unanswered}", service=self.lake)
        counts = Counter(str(item["state"]) for item in self.act.results)
        if len(self.act.results) == 1:
            only = self.act.results[0]
            if only["state"] == "refused":
                raise Unfinished(only["words"])
            return str(only["words"]) or done
        words = ", ".join(f"{counts[state]} {text}" for state, text in COUNTED if counts[state])
        if counts["refused"]:
            raise Unfinished(f"{words}. Below is why.")
        return f"{words}. {done}" if counts["done"] else f"{words}."


class Arguments(Protocol):
    """A frozen dataclass of JSON's own types, whose `subjects` are the DIDs ("scope:name") and rules that it is about."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def subjects(self) -> list[str]: ...


@dataclass(frozen=True)
class Kind:
    """One sort of act. `perform` may run twice: it looks first whether the thing is already so; it returns the answer in words."""

    name: str
    title: str  # "Make available"
    arguments: type[Any]
    perform: Callable[[Doing, Any], str]

    def decode(self, arguments: Mapping[str, Any]) -> Any:
        """The arguments as they were; what a newer portal added gets its default, what it dropped is left out."""
        known = {field.name for field in fields(self.arguments)}
        return self.arguments(**{name: value for name, value in arguments.items() if name in known})


_kinds: dict[str, Kind] = {}


def kind(name: str, title: str, arguments: type[Any]) -> Callable[[Callable[[Doing, Any], str]], Callable[[Doing, Any], str]]:
    """Register the function below as the way to do acts of this name. Its module stands in `datalake.acts.apps.KINDS`."""

    def registered(perform: Callable[[Doing, Any], str]) -> Callable[[Doing, Any], str]:
        _kinds[name] = Kind(name, title, arguments, perform)
        return perform

    return registered


def known(name: str) -> Kind:
    """A kind by name; raises LookupError."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"No act is called {name!r}") from None


def title(name: str) -> str:
    """What people call it, also where a kind is no longer there."""
    found = _kinds.get(name)
    return found.title if found else name


def encode(arguments: Arguments) -> dict[str, Any]:
    """A dataclass of arguments as JSON."""
    return asdict(arguments)
