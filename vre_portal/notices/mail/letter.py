"""A mail whose headers arrive as they were meant: addresses on one line, text that no mail program decodes, names in one piece."""

import email.policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from django.core.mail import EmailMultiAlternatives

WHOLE = frozenset({"list-unsubscribe", "message-id"})
NAME_BYTES = 45  # are the 60 letters of base64 that one encoded word holds: where Python needs two, it puts a blank between them


def header_text(text: str) -> str:
    """Text that is no encoded word (RFC 2047) even where somebody wrote one: a mail program would show what it stands for."""
    return text.replace("=?", "= ?")


def mailbox(name: str, address: str) -> str:
    """An address with the name before it; a name that needs an encoding loses its last words where it is long."""
    name = header_text(name)
    start = name.encode()[:NAME_BYTES].decode(errors="ignore")
    if not name.isascii() and start != name:
        name = start.rsplit(" ", 1)[0]
    return str(Address(name, addr_spec=address))


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
