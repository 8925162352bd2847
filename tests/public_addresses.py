"""Every public address with examples of the stack, and what a page says, so that two readers' pages can be compared."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, override
from urllib.parse import urlencode

from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from catalog.software.models import Entry as Software
from datalake.index import store
from datalake.index.models import IndexedScope, SyncRun
from projects.models import Project, Role
from projects.workflows.models import Result, Run, SpecificationVersion, StoredFile
from tests.datalake.index.entries import fact
from tests.factories import make_environment, make_news, make_project, make_rendering, make_resource
from tests.test_wall import make_run
from tests.wall import RULES, routes
from vre_portal.iam.models import User
from vre_portal.iam.profiles.models import Profile

KM3NET, IRF, FILE = "KM3NET_ECAP_SP", "DM.PointSourceIRF.km3irf", "aeff.fits"
SEARCH = urlencode({"scope": KM3NET})
# Beside the plain address: its data for programs, its pieces, its searches.
QUERIES = {
    "datalake:did": (
        "?format=json",
        "?format=jsonld",
        "?format=csv",
        "?part=content",
        "?part=content&page=whole",
        "?part=history",
        "?part=metadata",
    ),
    "datalake:preview": ("?image=1",),
    "datalake:lake": (f"?{SEARCH}", f"?{SEARCH}&type=all&format=json", f"?{SEARCH}&format=csv", "?format=json", "?pattern=IRF"),
    "datalake:index": ("?format=json",),
    "lake_index:complete": ("?pattern=DM&format=json", "?pattern=DM"),
    "lake_index:problems": ("?format=json",),
    "projects:index": ("?format=json", "?q=Open"),
    "search:index": ("?q=Open", "?q=Open&format=json"),
    "projects:data": ("?format=json", "?format=csv"),
    "projects:results": ("?format=json", "?of=kept&format=json"),
    "projects:people": ("?format=json",),
    "profiles:directory": ("?format=json", "?q=gammapy"),
    "profiles:person": ("?format=json",),
    "workflows:compare": ("?run=1&run=2", "?run=1&run=2&format=json"),
    "workflows:versions-file": ("?path=fit.py&download=1",),
    "notebook-pages:index": ("?format=json",),
    "notebook-pages:show": ("?format=json", "?code=1"),
    "environments:index": ("?package=numpy>=2", "?format=json"),
    "environments:entry": ("?format=json", "?filter=num"),
    "environments:versions": ("?to=1", "?format=json"),
    "environments:tests": ("?format=json",),
    "environments:uses": ("?format=json",),
    "software:index": ("?q=Opentool", "?format=json"),
    "software:entry": ("?format=json",),
    "news:index": ("?format=json",),
    "project-news:index": ("?format=json",),
    "landing:runs": ("?format=json",),
    "landing:sites": ("?format=json",),
    "status": (),
}
# Open to everybody, and still nothing to compare: what a stranger gets there is no content.
NOTHING_TO_SHOW = {
    "datalake:index": "leads to the only lake",
    "account_login": "who is signed in is past it",
    "openid_connect_callback": "an answer of the IAM",
    "sign_in_failed": "an answer to a sign-in that failed",
    "policies:security-txt": "nobody is named in the tests",
    "software:by-doi": "leads to the entry",
    "signed_out": "a step of signing out",
    "projects:invitation": "for the one who has the link",
    "plan-shared": "for those who have the link",
    "baskets:shared": "for those who have the link",
    "baskets:shared-target": "for those who have the link",
    "baskets:current-target": "what a visitor has collected",
    "baskets:button": "asked with the name of a thing",
    "notices:feed": "for the one who has its address",
    "activity:personal-feed": "for the one who has its address",
    "banners:shown": "nothing where there is no banner",
    "notices_mail:unsubscribe": "for the one who got the mail",
}


def make_examples(people: dict[str, User]) -> dict[str, list[str]]:
    """Rows to look at, and the addresses of every open route that a stranger may GET."""
    project = make_project(
        slug="open", title="Open project", visibility=Project.Visibility.PUBLIC, lead=people["lead"], groups={"escape/km3net": Role.MEMBER}
    )
    project.picture.save("picture.png", ContentFile(b"\x89PNG"))
    make_resource(project, identifier=f"{KM3NET}:{FILE}", title="Effective area")
    run = make_run(project, people["member"])
    publish(run, people["member"])
    Result.objects.present(run)
    version, _is_new = SpecificationVersion.objects.get_or_create(
        specification=run.specification, number=run.number, defaults={"text": run.text, "origin": "editor"}
    )
    if not version.files.filter(path="fit.py").exists():
        version.take([("fit.py", StoredFile.objects.keep(b"print(1)"))])
    rendering = make_rendering(run)
    news, project_news = make_news(), make_news(project)
    for item in (news, project_news):
        item.picture.save("picture.png", ContentFile(b"\x89PNG"))
    Software.objects.create(service="ossr", concept="77", record="78", title="Opentool", concept_doi="10.5281/zenodo.77")
    make_environment("numpy==2.1.0", slug="open")
    scope = IndexedScope.objects.create(lake="escape", name=KM3NET, walked_at=timezone.now())
    store.save_facts(scope, [fact(FILE), fact(IRF, type="DATASET", length=5)])
    store.count(scope)
    SyncRun.objects.create(lake="escape", full=False, state=SyncRun.State.DONE)
    IndexedScope.objects.filter(pk=scope.pk).update(read_at=timezone.now())
    known = {"slug": "open", "number": run.number, "pk": run.outputs.get().pk, "name": "plot.png", "lake": "escape", "scope": KM3NET}
    known |= {"doi": "10.5281/zenodo.77", "concept": "77", "environment": "open", "style": "bibtex", "provider_id": "iam", "job": 1}
    special = {name: ({"name": IRF}, {"name": FILE}) for name in ("datalake:did", "datalake:download", "datalake:preview")}
    special |= {name: ({"name": IRF},) for name in ("datalake:zip", "datalake:metalink")}
    special |= {"documentation:page": ({"name": "help"},), "documentation:picture": ({"name": "picture.svg"},)}
    special |= {"profiles:person": ({"key": make_profile(people["lead"]).key},)}
    special |= {
        name: ({"secret": "none"},)
        for name in ("projects:invitation", "notices:feed", "activity:personal-feed", "plan-shared", "baskets:shared")
    }
    special |= {f"baskets:{name}-target": ({"secret": "none", "key": "table"},) for name in ("shared", "current")}
    special |= {"notices_mail:unsubscribe": ({"token": "none"},)}
    special |= {f"news:{name}": ({"pk": news.pk}, {"pk": project_news.pk}) for name in ("item", "picture")}
    named = ("badge", "badge-drawing", "specification", "versions", "versions-compare", "versions-show", "versions-file")
    special |= {f"workflows:{name}": ({"name": run.specification.name},) for name in named}
    special["notebook-pages:show"] = ({"name": run.specification.name},)
    special["notebook-pages:picture"] = ({"name": run.specification.name, "rendering": rendering.pk, "number": 0},)
    special["banners:shown"] = ({"state": "none"},)
    special["sitemap"] = tuple(
        {"source": source, "number": 1} for source in ("pages", "projects", "news", "software", "environments", "data", "documentation")
    )
    found: dict[str, list[str]] = {}
    for name, keys in routes():
        rule = RULES.get(name)
        if rule is None or not rule.open or rule.post_only or rule.signed or rule.for_programs or rule.staff:
            continue
        plain = [reverse(name, kwargs={key: {**known, **more}[key] for key in keys}) for more in special.get(name, ({},))]
        found[name] = [address + query for address in plain for query in ("", *QUERIES.get(name, ()))]
    return found


def make_profile(person: User) -> Profile:
    """Somebody who is shown to everybody."""
    audience = Profile.Audience.PUBLIC
    return Profile.objects.create(user=person, audience=audience, institute="ECAP", expertise=["gammapy"], offers="Help with fits")


def publish(run: Run, by: User) -> None:
    """Show a run to everybody, where that is somebody's decision."""
    if hasattr(run, "published_at"):
        run.published_at, run.published_by = timezone.now(), by
        run.save(update_fields=["published_at", "published_by"])


@dataclass
class Said(HTMLParser):
    """What the main part of a page says and leads to."""

    texts: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    _depth: int = 0  # within <main>
    _left_out: int = 0  # within something that is about the reader, or about this moment

    VOID = frozenset({"input", "img", "br", "hr", "meta", "link", "source", "wbr", "col"})

    def __post_init__(self) -> None:
        super().__init__()

    def _is_left_out(self, tag: str, values: dict[str, str]) -> bool:
        """Times, forms, and what is said to this reader of their being here."""
        about_reader = "notice" in values.get("class", "") or "public-only" in values.get("class", "") or values.get("role") == "status"
        return tag in ("time", "script", "style", "form") or about_reader

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "main":
            self._depth = 1
        elif self._depth and tag not in self.VOID:
            self._depth += 1
        if not self._depth:
            return
        values = {name: value or "" for name, value in attrs}
        if self._left_out or self._is_left_out(tag, values):
            self._left_out += tag not in self.VOID
            return
        self.links |= {values[name].split("#")[0] for name in ("href", "src", "hx-get") if values.get(name)}

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._depth = 0
        elif self._depth and tag not in self.VOID:
            self._depth -= 1
            self._left_out -= bool(self._left_out)

    @override
    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data).strip()
        if self._depth and not self._left_out and len(text) > 1:
            self.texts.add(text)


def said(page: bytes) -> Said:
    """What a page, or a fragment of one, says."""
    text = page.decode()
    found = Said()
    found.feed(text if "<main" in text else f"<main>{text}</main>")
    return found


def lacking(stranger: Any, person: Any, where: str = "") -> Iterator[str]:
    """What stands in a stranger's JSON and not in a person's; empty values and times of asking count for nothing."""
    if isinstance(stranger, dict) and isinstance(person, dict):
        for key, value in stranger.items():
            if value not in (None, "", [], {}):
                yield from lacking(value, person.get(key), f"{where}.{key}")
    elif isinstance(stranger, list) and isinstance(person, list):
        for item in stranger:
            if not any(not list(lacking(item, other)) for other in person):
                yield f"{where}: {json.dumps(item)[:200]}"
    elif isinstance(stranger, int) and isinstance(person, int):
        if person < stranger:
            yield f"{where}: {person} instead of {stranger}"
    elif stranger != person:
        yield f"{where}: {str(person)[:100]!r} instead of {str(stranger)[:100]!r}"
