"""The login that is kept between programs: one file that only its owner can read, one entry for each portal."""

import json
import time
from dataclasses import dataclass
from typing import Any

from vre import oauth, settings
from vre.addresses import origin
from vre.answers import text_of
from vre.errors import NotSignedIn, VreError
from vre.locks import file_lock
from vre.private_files import private_folder, require_own, write_private

FILE = "logins.json"
EARLY_SECONDS = 60  # before its end a token is renewed, so that it does not expire on the way


@dataclass(frozen=True)
class SavedLogin:
    """The saved login of one portal, as a source of tokens; several processes may use it at once."""

    url: str

    @property
    def advice(self) -> str:
        return f'Call vre.login("{self.url}").'

    def exists(self) -> bool:
        return self._entry() is not None

    def token(self) -> str:
        """The access token, renewed where it has expired; raises NotSignedIn where that is not possible any more."""
        entry = self._entry()
        if entry is None:
            raise NotSignedIn("You are not signed in to the portal.", self.advice)
        return text_of(entry.get("access_token")) if _is_fresh(entry) else self._renewed(lambda now: not _is_fresh(now))

    def renew(self, refused: str | None) -> bool:
        self._renewed(lambda now: now.get("access_token") == refused)
        return True

    def save(self, tokens: oauth.Tokens, client: oauth.Client) -> None:
        """Keep this login, and remember its portal as the one to use."""
        with self._locked():
            everything = _read()
            everything["portal"] = self.url
            everything.setdefault("logins", {})[self._key] = {**vars(tokens), "client": vars(client)}
            _write(everything)

    def delete(self) -> tuple[oauth.Client, str] | None:
        """Forget it; the client and the refresh token to revoke, where there was one."""
        with self._locked():
            everything = _read()
            entry = everything.get("logins", {}).pop(self._key, None)
            if everything.get("portal") == self.url:
                del everything["portal"]
            _write(everything)
        client = oauth.Client.read(entry.get("client")) if entry else None
        return (client, text_of(entry.get("refresh_token"))) if client and entry else None

    @property
    def _key(self) -> str:
        scheme, host, port = origin(self.url)
        return f"{scheme}://{host}:{port}"

    def _locked(self) -> Any:
        return file_lock(private_folder(settings.config_folder(), is_secret=True) / f"{FILE}.lock")

    def _entry(self) -> dict[str, Any] | None:
        found = _read().get("logins", {}).get(self._key)
        return found if isinstance(found, dict) else None

    def _renewed(self, is_needed: Any) -> str:
        """A new access token, unless another process has one already. Only a refusal ends the login, no failure on the way."""
        with self._locked():
            entry = self._entry() or {}
            if entry and not is_needed(entry):
                return text_of(entry.get("access_token"))
            client, refresh = oauth.Client.read(entry.get("client")), text_of(entry.get("refresh_token"))
            if client is None or not refresh:
                raise NotSignedIn("Your login has expired.", self.advice)
            try:
                tokens = oauth.refresh(client, refresh)
            except oauth.Refused as error:
                if error.code != "invalid_grant":
                    raise
                raise NotSignedIn("Your login has expired or was revoked.", self.advice) from error
            everything = _read()
            everything["logins"][self._key] = {**vars(tokens), "client": vars(client)}
            _write(everything)
            return tokens.access_token


def remembered_portal() -> str | None:
    """The portal of the last login."""
    return text_of(_read().get("portal")) or None


def _is_fresh(entry: dict[str, Any]) -> bool:
    until = entry.get("expires_at")
    return isinstance(until, int | float) and until - EARLY_SECONDS > time.time()


def _read() -> dict[str, Any]:
    """What is kept; nothing where the file is missing. Raises VreError where it cannot be read."""
    file = settings.config_folder() / FILE
    try:
        require_own(file.parent)
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise VreError(f"{file} cannot be read: {error.strerror}.", "Make it readable and writable for your account.") from error
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("logins", {}), dict) else {}


def _write(everything: dict[str, Any]) -> None:
    write_private(private_folder(settings.config_folder(), is_secret=True) / FILE, json.dumps(everything, indent=1))
