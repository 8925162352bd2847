"""Who did what that matters: an append-only record, each row bound to the one before."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vre_portal.iam.models import User


def record(action: str, /, *, by: "User | None", subject: str = "", outcome: str = "ok", **facts: object) -> None:
    """Append one entry, in the caller's transaction if there is one: it is there if and only if the act is.

    `subject` is what was acted on ("project/<slug>", "person/<handle>"). Facts are few, short and never somebody's name, address or
    other personal text: a person given as a fact is written as their handle, because an entry can never be changed. Call it last in
    a transaction, for other writers wait until that one ends.
    """
    from vre_portal.audit.services import append  # models cannot be imported before the applications are ready

    append(action, by=by, subject=subject, outcome=outcome, facts=facts)
