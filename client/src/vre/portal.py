"""One portal, and what can be asked of it."""

from contextlib import suppress
from dataclasses import dataclass

from vre import device_login, oauth, settings
from vre.addresses import checked_portal_url
from vre.answers import text_of
from vre.baskets import Basket, BasketSummary
from vre.display import visible
from vre.errors import NotSignedIn, VreError
from vre.identity import Anonymous, FixedToken, find_identity
from vre.saved_login import SavedLogin, remembered_portal
from vre.transport import Transport

NO_PORTAL = 'Call vre.login("https://portal.example.org") with the address of your portal, or set VRE_PORTAL_URL.'


@dataclass(frozen=True)
class Person:
    """Who signed in, and what this access may do."""

    username: str
    name: str
    scopes: tuple[str, ...]


class Portal:
    """A VRE portal: the one at `url`, of the environment, or of the last login; `token` is a personal token."""

    def __init__(self, url: str | None = None, *, token: str | None = None) -> None:
        found = url or settings.portal_url() or remembered_portal()
        if not found:
            raise NotSignedIn("No portal is known here.", NO_PORTAL)
        self.url = checked_portal_url(found)
        self._transport = Transport(self.url, find_identity(self.url, token))

    def __repr__(self) -> str:
        return f"<Portal {visible(self.url)}>"

    def basket(self, name_or_number: str | int | None = None) -> Basket:
        """The current basket, or the one of that name or number; its first page is read at once."""
        if isinstance(name_or_number, int):
            return Basket.open(self._transport, f"api/basket/{name_or_number}/")
        return Basket.open(self._transport, "api/basket/", {"name": name_or_number} if name_or_number is not None else None)

    def baskets(self) -> list[BasketSummary]:
        """All baskets, without their items."""
        return BasketSummary.read_all(self._transport)

    def me(self) -> Person:
        """Who is signed in."""
        return self._person(self._transport)

    @staticmethod
    def _person(transport: Transport) -> Person:
        found = transport.json("GET", "api/me/")
        scopes = found.get("scopes")
        words = tuple(word for word in scopes if isinstance(word, str)) if isinstance(scopes, list) else ()
        return Person(text_of(found.get("username")), text_of(found.get("name")), words)

    def login(self) -> Person:
        """Sign in with a code that is typed in a browser; the login is saved for this account of the machine."""
        login = Transport(self.url, Anonymous()).json("GET", "api/").get("login")
        client = oauth.find_client(login if isinstance(login, dict) else {})
        code = device_login.begin(client)
        print(code.words, flush=True)
        tokens = device_login.wait(client, code)
        saved = SavedLogin(self.url)
        try:  # before anything is saved: the portal may not accept what the identity service handed out
            person = self._person(Transport(self.url, FixedToken(tokens.access_token, oauth.OPERATORS)))
            saved.save(tokens, client)
        except BaseException:
            with suppress(VreError):
                oauth.revoke(client, tokens.refresh_token)
            raise
        self._transport = Transport(self.url, saved)
        print(f"Signed in at {self.url} as {visible(person.name or person.username)}.", flush=True)
        return person

    def logout(self) -> None:
        """Delete the saved login and revoke it at the identity service."""
        held = SavedLogin(self.url).delete()
        if held is None:
            print(f"There was no saved login for {self.url}.")
            return
        try:
            oauth.revoke(*held)
        except VreError as error:
            print(f"The login is deleted here, but was not revoked at the identity service. {error}")
        else:
            print(f"Signed out of {self.url}.")
