"""A mail whose headers with an address stay on one line, as mail programs need them for their button to unsubscribe."""

import email.policy
from email.message import EmailMessage
from typing import Any

from django.core.mail import EmailMultiAlternatives

WHOLE = frozenset({"list-unsubscribe", "message-id"})


class WholeAddresses(email.policy.EmailPolicy):
    """The policy of SMTP, but for headers that hold one address: Python folds a long one into encoded words, which RFC 2047 (5) forbids there."""

    def fold(self, name: str, value: str) -> str:
        """The header as text; `WHOLE` ones on one line, which may have 998 characters (RFC 5322)."""
        return f"{name}: {value}{self.linesep}" if name.lower() in WHOLE else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same as bytes."""
        return self.fold(name, value).encode("ascii") if name.lower() in WHOLE else super().fold_binary(name, value)


POLICY = WholeAddresses(linesep="\r\n")


class Letter(EmailMultiAlternatives):
    """A mail of notices."""

    def message(self, **_options: Any) -> EmailMessage:
        """The message in this module's policy, whichever the backend asks for."""
        return super().message(policy=POLICY)  # type: ignore[call-arg,no-any-return]  # the stubs are of Django 5
