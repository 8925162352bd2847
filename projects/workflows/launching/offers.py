"""What the chosen REANA offers for a step, as far as the portal knows: asked by a job, read here from the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.environments.lookup import images_for_workflows
from projects.models import Project, Resource
from projects.workflows import reana_yaml
from projects.workflows.models import ReanaOffer, Specification
from projects.workflows.reana.info import Info
from projects.workflows.reana.load import ClusterLoad
from vre_portal.iam.models import User
from vre_portal.pages import SharedValue
from vre_portal.services import Service, ServiceKind, UnknownService, service, services
from vre_portal.text import number_of

STALE_AFTER, OLD_AFTER = timedelta(hours=1), timedelta(days=1)
LOAD_STALE_AFTER, LOAD_GONE_AFTER = timedelta(minutes=5), timedelta(hours=1)  # asked again, and no longer shown
ASKED_SECONDS = 60  # after which it is asked once more where no answer came
TOPIC = "reana_offers"
MAX_IMAGES, MAX_SPECIFICATIONS = 200, 30


@dataclass(frozen=True)
class Offer:
    """Of one server: `info` is None where it has not been asked yet."""

    name: str = ""
    title: str = ""
    info: Info | None = None
    has_gpu: bool | None = None  # as services.toml says; None where it does not
    asked_at: datetime | None = None
    load: ClusterLoad | None = None  # how busy it was at `load_at`
    load_at: datetime | None = None

    @property
    def is_load_fresh(self) -> bool:
        """Whether the server has said a short time ago how busy it is."""
        return self.load_at is not None and self.load_at > timezone.now() - LOAD_STALE_AFTER

    @property
    def shown_load(self) -> ClusterLoad | None:
        """How busy it is, as long as that says something about now."""
        is_recent = self.load_at is not None and self.load_at > timezone.now() - LOAD_GONE_AFTER
        return self.load if is_recent else None

    @property
    def is_fresh(self) -> bool:
        """Whether the server has said it a short time ago."""
        return self.asked_at is not None and self.asked_at > timezone.now() - STALE_AFTER

    @property
    def is_old(self) -> bool:
        """Whether it said it so long ago that it may have changed since."""
        return self.asked_at is None or self.asked_at < timezone.now() - OLD_AFTER

    @property
    def backends(self) -> tuple[str, ...]:
        return self.info.backends if self.info else ()

    @property
    def vetted(self) -> tuple[str, ...] | None:
        """The only images that run there; None where all do, as far as is known."""
        return self.info.vetted_images if self.info and self.info.has_vetted_images else None

    def has(self, name: str) -> bool:
        """Whether a setting can be changed there."""
        if name == "environment":
            return True
        if self.info is None:
            return False
        return len(self.backends) > 1 if name == "backend" else bool(getattr(self.info, f"has_{name}"))

    def most(self, name: str) -> str:
        """The most that is allowed; empty where that is not known."""
        return str(getattr(self.info, f"max_{name}", "")) if self.info else ""

    def words(self, name: str, was: str = "") -> str:
        """What an empty field means, that of the specification or else the server's own value, and the limit."""
        usual, most = (str(getattr(self.info, key, "")) if self.info else "" for key in (name, f"max_{name}"))
        shown = {key: span(value) if name == "time" else value for key, value in (("was", was), ("usual", usual), ("most", most))}
        sentences = []
        if was and name != "backend":  # whose choices say it
            sentences.append(_("Empty: %(was)s, as in the specification.") % shown)
        elif usual:
            sentences.append(_("Empty: %(usual)s, the default of the server.") % shown)
        if most:
            sentences.append(_("At most %(most)s.") % shown)
        return " ".join(sentences)

    @property
    def missing(self) -> list[str]:
        """What cannot be changed there, a sentence each."""
        if self.info is None:
            text = _("What %(server)s offers is being looked up. Memory, CPU, time limit and backend can be changed once it is known.")
            return [text % {"server": self.title}]
        values = {"server": self.title, "backends": ", ".join(self.backends)}
        sentences = []
        if not self.info.has_cpu:
            sentences.append(_("%(server)s says nothing about CPU limits, so they cannot be changed here.") % values)
        if not self.info.has_memory:
            sentences.append(_("%(server)s says nothing about memory limits, so they cannot be changed here.") % values)
        if not self.info.has_time:
            sentences.append(_("%(server)s says nothing about time limits, so they cannot be changed here.") % values)
        if len(self.backends) == 1:
            sentences.append(_("%(server)s has one backend: %(backends)s.") % values)
        return sentences

    @property
    def gpu(self) -> str:
        """What is known of GPUs there, in words: a reana.yaml has no field for them."""
        values = {"server": self.title}
        if self.has_gpu is False:
            return _("%(server)s has no GPUs.") % values
        if self.has_gpu:
            return (
                _(
                    "%(server)s has GPUs, but a reana.yaml has no field to ask for one. Its administrators say which backend or image uses them."
                )
                % values
            )
        return _("Whether %(server)s has GPUs is not known. A reana.yaml has no field to ask for one.") % values


def span(text: str) -> str:
    """A number of seconds in the largest unit that keeps it whole: 14 days; other texts as they are."""
    seconds = number_of(text)
    if seconds and seconds % 86_400 == 0:
        return ngettext("%(n)s day", "%(n)s days", seconds // 86_400) % {"n": seconds // 86_400}
    if seconds and seconds % 3_600 == 0:
        return _("%(n)s h") % {"n": seconds // 3_600}
    return _("%(n)s s") % {"n": seconds} if seconds else text


def _rows() -> dict[str, ReanaOffer]:
    return {row.server: row for row in ReanaOffer.objects.all()}


rows = SharedValue(_rows, TOPIC)  # read once in each process for each answer of a server


def offers() -> dict[str, Offer]:
    """What is known of the offer of each server, by name."""
    return {item.name: _offer(item, rows().get(item.name)) for item in services(ServiceKind.REANA)}


def offer_of(server: str) -> Offer:
    """What is known of a server's offer; of the first one where none is named."""
    try:
        item = service(ServiceKind.REANA, server or None)
    except UnknownService:
        return Offer(server, server)
    return _offer(item, rows().get(item.name))


def chosen(known: Mapping[str, Offer], server: str) -> Offer:
    """The offer of a server among those that are known; of the first one where none is named."""
    return known.get(server or next(iter(known), ""), Offer(server, server))


def _offer(item: Service, row: ReanaOffer | None) -> Offer:
    if row is not None and row.url != item.url:
        row = None  # another server had the name
    gpu = item.options.get("gpu")
    has_gpu = gpu if isinstance(gpu, bool) else None
    if row is None:
        return Offer(item.name, item.title, None, has_gpu)
    return Offer(item.name, item.title, Info.stored(row.facts), has_gpu, row.asked_at, ClusterLoad.stored(row.load), row.load_at)


def is_fresh(item: Service) -> bool:
    """Whether the server has said a short time ago what it offers."""
    return offer_of(item.name).is_fresh


def is_load_wanted() -> bool:
    """Whether it is of use to know how busy servers are: where there is a choice."""
    return len(services(ServiceKind.REANA)) > 1


def is_due(user: User, known: Mapping[str, Offer]) -> bool:
    """Whether a server should be asked in the name of a person: nothing recent is known of it, and they have not just been asked."""
    stale = any(not offer.is_fresh or (len(known) > 1 and not offer.is_load_fresh) for offer in known.values())
    return stale and cache.add(f"reana-offers:{user.pk}", True, ASKED_SECONDS)


def store(item: Service, info: Info) -> None:
    """Keep what the server said; nothing of another server that had its name."""
    ReanaOffer.objects.filter(server=item.name).exclude(url=item.url).delete()
    ReanaOffer.objects.update_or_create(server=item.name, defaults={"url": item.url, "facts": info.facts, "asked_at": timezone.now()})


def store_load(item: Service, load: ClusterLoad | None) -> None:
    """Keep how busy the server says that it is, beside what it offers; None where it refuses to say."""
    rows = ReanaOffer.objects.filter(server=item.name, url=item.url)
    rows.update(load=load.facts if load else {}, load_at=timezone.now())


def images(user: User, project: Project, server: str) -> list[str]:
    """Container images to choose from: of this project's workflows, of the catalogue, of services.toml, of environments of projects, and of
    other visible workflows."""
    visible = Project.objects.visible_to(user)
    is_other = ~Q(project=project)
    rows = Specification.objects.filter(project__in=visible).annotate(is_other=is_other).order_by("is_other", "-changed_at")
    texts = list(rows.values_list("is_other", "text")[: 2 * MAX_SPECIFICATIONS])
    own, others = ([text for is_elsewhere, text in texts if is_elsewhere is wanted] for wanted in (False, True))
    named = Resource.objects.filter(kind=Resource.Kind.ENVIRONMENT, project__in=visible).values_list("identifier", flat=True)[:MAX_IMAGES]
    found = [*_environments(own), *images_for_workflows(), *_configured(server), *named, *_environments(others)]
    return list(dict.fromkeys(found))[:MAX_IMAGES]


def _environments(texts: Iterable[str]) -> list[str]:
    return [step.environment for text in texts for step in reana_yaml.read(text).steps if step.environment]


def _configured(server: str) -> list[str]:
    try:
        named = service(ServiceKind.REANA, server or None).options.get("images")
    except UnknownService:
        return []
    return [str(name) for name in named] if isinstance(named, list | tuple) else []
