"""The kinds of operations: the title, the arguments and the code of each."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake import rucio
from datalake.operations.models import Operation
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.jobs.fates import Refused
from vre_portal.services import Service

DONE = ("done", "already")


class Unfinished(Refused):
    """Some DIDs of a request were refused; the text says so, the results say which."""


@dataclass
class OperationContext:
    """What a worker has in hand while it does an operation: whose token, which lake, and where to note what was done."""

    lake: Service
    token: str
    operation: Operation
    unanswered: RemoteUnavailable | None = None  # what the lake failed at, of several things

    def missed(self, what: str, error: RemoteError) -> None:
        """The lake refused or failed at one of several things: the others are done. Raises the error where they could not be."""
        if isinstance(error, RemoteUnavailable):
            if error.retry_after is not None or not rucio.is_lake_up(self.lake):
                raise error
            self.unanswered = error
        self.note(what, "waiting" if isinstance(error, RemoteUnavailable) else "refused", str(error))

    def done(self, what: str) -> Mapping[str, str] | None:
        """The result of one DID from an earlier attempt; None where it is not done yet."""
        return next((item for item in self.operation.results if item["what"] == what and item["state"] in DONE), None)

    def note(self, what: str, state: str, words: str = "", *, rule: str = "") -> None:
        """Store the result of one DID and renew the lease. States: done, already (nothing had to be changed), refused, waiting."""
        self.note_all([what], state, words, rule=rule)

    def note_all(self, things: Iterable[str], state: str, words: str = "", *, rule: str = "") -> None:
        """Store the same result for several DIDs. Raises LeaseLost."""
        self.operation.hold()
        self.operation.noted(*({"what": what, "state": state, "words": words, "rule": rule} for what in things))

    def summary(self, *, done: str) -> str:
        """The answer after several DIDs: how many were done, unchanged and refused.

        Raises RemoteUnavailable where the lake failed at some, so that these are tried again, and Unfinished where it refused any.
        """
        if self.unanswered is not None:
            left = sum(item["state"] == "waiting" for item in self.operation.results)
            numbers = {"left": left, "total": len(self.operation.results), "reason": self.unanswered}
            raise RemoteUnavailable(_("Rucio failed for %(left)s of %(total)s DIDs: %(reason)s") % numbers, service=self.lake)
        counts = Counter(str(item["state"]) for item in self.operation.results)
        if len(self.operation.results) == 1:
            only = self.operation.results[0]
            if only["state"] == "refused":
                raise Unfinished(only["words"])
            return str(only["words"]) or done
        words = ", ".join(text for state, text in counted(counts) if counts[state])
        if counts["refused"]:
            raise Unfinished(_("%(counts)s. The reasons are listed below.") % {"counts": words})
        return f"{words}. {done}" if counts["done"] else f"{words}."


def counted(counts: Mapping[str, int]) -> Iterable[tuple[str, str]]:
    """Each state of results with its number in words, such as "2 refused"."""
    done, already, refused = (counts.get(state, 0) for state in ("done", "already", "refused"))
    yield "done", ngettext("%(n)s done", "%(n)s done", done) % {"n": done}
    yield "already", ngettext("%(n)s unchanged", "%(n)s unchanged", already) % {"n": already}
    yield "refused", ngettext("%(n)s refused", "%(n)s refused", refused) % {"n": refused}


class Arguments(Protocol):
    """A frozen dataclass of JSON's own types, whose `subjects` are the DIDs ("scope:name") and rules that it is about."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def subjects(self) -> list[str]: ...


@dataclass(frozen=True)
class OperationKind:
    """One sort of operation. `perform` may run twice: it looks first whether the thing is already so; it returns the answer in words."""

    name: str
    title: str | Promise  # "Replicate data"
    arguments: type[Any]
    perform: Callable[[OperationContext, Any], str]

    def decode(self, arguments: Mapping[str, Any]) -> Any:
        """The arguments as they were; what a newer portal added gets its default, what it dropped is left out."""
        field_names = {field.name for field in fields(self.arguments)}
        return self.arguments(**{name: value for name, value in arguments.items() if name in field_names})


_kinds: dict[str, OperationKind] = {}


def kind(
    name: str, title: str | Promise, arguments: type[Any]
) -> Callable[[Callable[[OperationContext, Any], str]], Callable[[OperationContext, Any], str]]:
    """Register the function below as the way to do operations of this name. Its module stands in `datalake.operations.apps.KINDS`."""

    def registered(perform: Callable[[OperationContext, Any], str]) -> Callable[[OperationContext, Any], str]:
        _kinds[name] = OperationKind(name, title, arguments, perform)
        return perform

    return registered


def kind_named(name: str) -> OperationKind:
    """A kind by name; raises LookupError."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no kind of operation is called {name!r}") from None


def title(name: str) -> str:
    """The name that pages show; the kind's own name where it is no longer registered."""
    registered_kind = _kinds.get(name)
    return str(registered_kind.title) if registered_kind else name


def encode(arguments: Arguments) -> dict[str, Any]:
    """A dataclass of arguments as JSON."""
    return asdict(arguments)
