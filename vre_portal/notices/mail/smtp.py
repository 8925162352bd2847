"""The mail server, over SMTP: takes a mail, or says why not and whether to try again."""

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext as _

from vre_portal.http import RemoteUnavailable
from vre_portal.http.posting import Cutoff
from vre_portal.text import plain

# Of an answer 5xx to the address: the address itself (RFC 3463), or no detail. Others, such as 5.7.1, are about the portal or its rights.
_ABOUT_ADDRESS = re.compile(r"5\.[12]\.\d+")
_DETAIL = re.compile(r"\b[245]\.\d+\.\d+\b")
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
TIMEOUTS = 5  # so many times the timeout of one answer is all that a mail may take, from the connection to the end


class MailServerAway(RemoteUnavailable):
    """The mail server takes no mail at the moment: it cannot be reached, does not answer, or refuses the portal."""


class OutcomeUnknown(MailServerAway):
    """The connection ended while the mail was handed over: the server may have taken it."""


class NotNow(RemoteUnavailable):
    """The mail server did not take this mail for this person, and may later."""


class AddressRefused(Exception):
    """The mail server refused the address permanently; the text is its answer."""


class MailRefused(Exception):
    """The mail server refused this mail permanently; the text is its answer."""


class _Watched(smtplib.SMTP):
    """A connection that `cutoff` ends: the timeout of a socket begins anew with every byte."""

    cutoff: Cutoff

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # the hook of smtplib.SMTP_SSL, too
        self.cutoff.watch(connected)
        return connected  # type: ignore[no-any-return]


class _WatchedTLS(smtplib.SMTP_SSL, _Watched):
    """The same with TLS from the start; what is watched is the socket below it."""


class Connection(EmailBackend):
    """Django's backend, for one exchange that is over in time."""

    def __init__(self, cutoff: Cutoff) -> None:
        super().__init__(alias="notices", **settings.MAIL_SERVER)  # type: ignore[call-arg]  # the stubs are of Django 5
        self.cutoff = cutoff

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return type("Watched", (_WatchedTLS if self.use_ssl else _Watched,), {"cutoff": self.cutoff})

    def words(self, error: Exception) -> str:
        """Why an exchange failed."""
        return _words(TimeoutError() if self.cutoff.is_over else error)


@contextlib.contextmanager
def connection() -> Iterator[Connection]:
    """A connection, with TLS and sign-in as configured. Raises MailServerAway."""
    with Cutoff(TIMEOUTS * settings.MAIL_SERVER["timeout"]) as cutoff:
        server = Connection(cutoff)
        try:
            server.open()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            _close(server)
            raise MailServerAway(server.words(error)) from None  # the cause may name people's addresses, and would be logged
        try:
            yield server
        finally:
            _close(server)


def send(server: Connection, mail: EmailMessage) -> None:
    """Hand over one mail with one recipient. Raises AddressRefused, MailRefused, NotNow, MailServerAway, OutcomeUnknown."""
    try:
        server.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as refused:
        code, said = next(iter(refused.recipients.values()))
        answer = _answer(code, said)
        if code >= 500 and _is_about_address(answer):
            raise AddressRefused(answer) from None
        raise NotNow(answer) from None
    except smtplib.SMTPDataError as error:
        answer = _answer(error.smtp_code, error.smtp_error)
        raise (MailRefused(answer) if error.smtp_code >= 500 else NotNow(answer)) from None
    except smtplib.SMTPResponseException as error:  # of the sender's address, or of a greeting
        raise MailServerAway(_answer(error.smtp_code, error.smtp_error)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise OutcomeUnknown(server.words(error)) from None


def _close(server: Connection) -> None:
    with contextlib.suppress(OSError, smtplib.SMTPException):
        server.close()


def _is_about_address(answer: str) -> bool:
    detail = _DETAIL.search(answer)
    return detail is None or bool(_ABOUT_ADDRESS.fullmatch(detail[0]))


def _answer(code: int, said: bytes | str) -> str:
    """What the server said in one short line, without addresses: it is stored, and shown to staff."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {_ADDRESS.sub('[address]', ' '.join(plain(text).split()))}"[:300]


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return _("The mail server did not answer in time.")
    if isinstance(error, ssl.SSLError):
        return _("No secure connection to the mail server: %(reason)s") % {"reason": error.reason or "TLS"}
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _("The mail server ended the connection.")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _("The mail server does not support what the settings ask for (TLS or a sign-in).")
    return _("The mail server cannot be reached.")
