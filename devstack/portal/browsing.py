"""A person's browser in a few lines, for what the demonstration's people do: cookies, pages, and the forms in them."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any

from devstack import address

TIMEOUT_SECONDS = 60
Fields = list[tuple[str, str]]


class BrowsingError(Exception):
    """A page is not as it was expected; the text says which."""


@dataclass
class Form:
    """A form of a page, with what it would send unchanged."""

    action: str
    fields: Fields = field(default_factory=list)


@dataclass
class Page:
    """What a server answered."""

    url: str
    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def form(self, part: str) -> Form:
        """The first form whose address, or a name of whose fields, has this part. Raises BrowsingError."""
        reader = FormReader(self.url)
        reader.feed(self.text)
        for form in reader.forms:
            if part in form.action or any(part == name for name, _ in form.fields):
                return form
        raise BrowsingError(f"{self.url} ({self.status}) has no form with {part}")


class FormReader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A form begins, or one of its fields."""
        given = {name: value or "" for name, value in attrs}
        names = dict(attrs)
        if tag == "form":
            self.forms.append(Form(urllib.parse.urljoin(self.url, given.get("action", ""))))
        elif not self.forms:
            return
        elif tag == "input" and given.get("name") and given.get("type") not in ("submit", "file", "button"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in names:
                self.add(given["name"], given.get("value", ""))
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select:
            chosen = any(name == self._select for name, _ in self.forms[-1].fields)
            if "selected" in names and chosen:
                self.forms[-1].fields = [pair for pair in self.forms[-1].fields if pair[0] != self._select]
            if "selected" in names or not chosen:
                self.add(self._select, given.get("value", ""))
        elif tag == "textarea":
            self._area = given.get("name", "")
            self.add(self._area, "")

    def handle_endtag(self, tag: str) -> None:
        """A choice or a text ends."""
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """The text of a text area."""
        if self._area and self.forms:
            name, value = self.forms[-1].fields[-1]
            self.forms[-1].fields[-1] = (name, value + data)

    def add(self, name: str, value: str) -> None:
        self.forms[-1].fields.append((name, value))


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Page:
        """A page of the portal by its path, or any by its whole address."""
        return self._open(urllib.request.Request(urllib.parse.urljoin(address.PORTAL_URL, path)))

    def send(self, form: Form, query: str = "", **values: str) -> Page:
        """Send a form with some of its values changed, or added."""
        fields = [(name, value) for name, value in form.fields if name not in values] + list(values.items())
        parts = urllib.parse.urlsplit(form.action)
        origin = f"{parts.scheme}://{parts.netloc}"
        data = urllib.parse.urlencode(fields).encode()
        headers = {"Origin": origin, "Referer": form.action}
        return self._open(urllib.request.Request(form.action + query, data=data, headers=headers))

    def sign_in(self, name: str) -> None:
        """At the IAM by its form, then at the portal by its button. Raises BrowsingError."""
        self.send(self.get(f"{address.IAM_ISSUER}login").form("password"), username=name, password=name)
        page = self.send(self.get("/accounts/login/").form("/accounts/login/"), iam="iam", next="/me/")
        if page.status != 200 or not page.url.startswith(f"{address.PORTAL_URL}/me/"):
            raise BrowsingError(f"{name} could not sign in: {page.url} answered {page.status}")

    def sign_out(self) -> None:
        """Of the portal and the IAM."""
        page = self.send(self.get("/me/").form("/accounts/logout/"))
        if "confirmed" in page.text:
            self.send(page.form("confirmed"))

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as reply:
                return Page(reply.url, reply.status, reply.read().decode())
        except urllib.error.HTTPError as error:
            return Page(error.url, error.code, error.read().decode(errors="replace"))
        except OSError as error:
            raise BrowsingError(f"{request.full_url} did not answer: {error}") from None
