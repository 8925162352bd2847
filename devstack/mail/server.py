"""The SMTP server: takes every mail for anybody, and fails in the ways that a test asks for."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from devstack.mail.store import Store


@dataclass
class Faults:
    """How the server fails at the moment; an answer is a line such as "550 5.1.1 No such user"."""

    down: bool = False  # nobody can connect
    delay: float = 0.0  # seconds before each answer
    sender: str = ""  # the answer to every MAIL
    recipients: dict[str, str] = field(default_factory=dict)  # the answer to RCPT, by address
    data: str = ""  # the answer to every mail
    drop: bool = False  # the mail is taken, and the connection ends without an answer

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Faults":
        """The named faults and no other; raises ValueError for names that there are not."""
        if unknown := set(values) - {item.name for item in fields(cls)}:
            raise ValueError(f"no such faults: {', '.join(sorted(unknown))}")
        return cls(**values)


class Handler:
    """What aiosmtpd asks for each command."""

    def __init__(self, store: Store) -> None:
        self.store, self.faults = store, Faults()

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        await asyncio.sleep(self.faults.delay)
        if self.faults.sender:
            return self.faults.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        await asyncio.sleep(self.faults.delay)
        if answer := self.faults.recipients.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.faults.delay)
        if self.faults.data:
            return self.faults.data
        mail = self.store.add(str(envelope.mail_from), list(envelope.rcpt_tos), bytes(envelope.original_content or b""))
        print(f"mail: {mail.number} for {len(mail.recipients)}", flush=True)
        if self.faults.drop and server.transport is not None:
            server.transport.abort()
        return "250 OK"


class Server:
    """The server in a thread with its own event loop, so that the page can stop and start it."""

    def __init__(self, store: Store, host: str, port: int, *, login: str = "") -> None:
        self.handler, self._host, self._port, self._login = Handler(store), host, port, login
        self._listening: asyncio.Server | None = None
        self._open: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True, name="smtp").start()

    def start(self) -> None:
        self._run(self._listen())

    def fail(self, values: dict[str, Any]) -> dict[str, Any]:
        """From now on these faults and no other; raises ValueError."""
        faults = Faults.of(values)
        self.handler.faults = faults
        self._run(self._close() if faults.down else self._listen())
        return asdict(faults)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        if self._listening is None:
            self._listening = await self._loop.create_server(self._protocol, self._host, self._port)

    async def _close(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for transport in self._open:
            transport.abort()
        self._open.clear()

    def _protocol(self) -> SMTP:
        options: dict[str, Any] = {"enable_SMTPUTF8": True, "hostname": "mail.vre.example", "timeout": 60, "loop": self._loop}
        if self._login:
            options |= {
                "authenticator": self._allows,
                "auth_required": True,
                "auth_require_tls": False,
                "auth_exclude_mechanism": ["LOGIN"],
            }
        opened = self._open

        class Connection(SMTP):
            def connection_made(self, transport: Any) -> None:
                opened.add(transport)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                opened.discard(self.transport)
                super().connection_lost(error)

        return Connection(self.handler, **options)

    def _allows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = f"{data.login.decode()}:{data.password.decode()}" if isinstance(data, LoginPassword) else ""
        return AuthResult(success=given == self._login, handled=False)  # the server itself answers
