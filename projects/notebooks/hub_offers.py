"""What a hub offers for a session, as its entry in services.toml and the catalogue of environments say."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from catalog.environments.profiles import Profile, profiles_of
from vre_portal.repositories.addresses import named_hosts
from vre_portal.services import Service, ServiceKind, services

MAX_DIDS = 20  # of the data that a session begins with: each is looked up before it starts


@dataclass(frozen=True)
class HubOffer:
    """The values among which people choose; where there are none, the hub decides."""

    hub: Service
    environments: tuple[Profile, ...]
    cpus: tuple[str, ...]
    memories: tuple[str, ...]  # GB
    gpus: tuple[str, ...]
    git_hosts: tuple[str, ...]
    writes_starter: bool = True

    @property
    def has_sizes(self) -> bool:
        """Whether anything of the size can be chosen."""
        return bool(self.cpus or self.memories or self.gpus)

    @property
    def takes_git(self) -> bool:
        """Whether any of its environments can fetch a repository."""
        return not self.environments or any(can_fetch_git(item) for item in self.environments)

    def environment(self, slug: str) -> Profile | None:
        """The environment of this name, the first where none is named; None where the hub chooses its image itself."""
        return next((item for item in self.environments if item.slug == slug or not slug), None)

    @property
    def per_person(self) -> int | None:
        """How many sessions a person may have there at a time, where services.toml says it."""
        limit = self.hub.options.get("servers_per_person")
        return limit if isinstance(limit, int) else None


def offer_of(hub: Service) -> HubOffer:
    """What this hub offers now; environments that were withdrawn or are old are left out."""
    return HubOffer(
        hub,
        tuple(profiles_of(hub)),
        _numbers(hub, "session_cpus"),
        _numbers(hub, "session_memory_gigabytes"),
        tuple(str(item) for item in _listed(hub, "session_gpus")),
        tuple(str(item).lower() for item in _listed(hub, "session_git_hosts")),
        writes_starter(hub),
    )


def writes_starter(hub: Service) -> bool:
    """Whether sessions begin with a notebook for the data and the basket that were chosen; False where services.toml says so."""
    return hub.options.get("writes_starter") is not False


def can_fetch_git(environment: Profile) -> bool:
    """Whether it has what fetches repositories, as far as it says what it has."""
    return not environment.modules or "nbgitpuller" in environment.modules


def hub_named(name: str) -> Service | None:
    """The hub of this name, the first where none is named; None where there is no such hub."""
    hubs = list(services(ServiceKind.JUPYTERHUB))
    return next((hub for hub in hubs if hub.name == name or not name), None)


def takes_git_from(offer: HubOffer, address: str) -> bool:
    """Whether sessions may fetch a repository from there: https at a listed host, or a host that services.toml names as it is."""
    parts = urlsplit(address)
    return parts.netloc in named_hosts() or (parts.scheme == "https" and (parts.hostname or "") in offer.git_hosts)


def _numbers(hub: Service, option: str) -> tuple[str, ...]:
    return tuple(f"{item:g}" for item in _listed(hub, option) if isinstance(item, int | float) and item > 0)


def _listed(hub: Service, option: str) -> list[object]:
    value = hub.options.get(option)
    return list(value) if isinstance(value, list | tuple) else []
