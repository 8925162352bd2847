"""What a REANA says that it offers (`GET /api/info`); each version tells other things, and what one does not tell is not known."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from projects.workflows.reana.calls import call, understood
from vre_portal.services import Service
from vre_portal.text import storable


@dataclass(frozen=True)
class Info:
    """Backends, and for each limit of a job whether it can be set, what it is without being set, and the most that is allowed."""

    backends: tuple[str, ...] = ()
    has_memory: bool = False
    memory: str = ""
    max_memory: str = ""
    has_cpu: bool = False
    cpu: str = ""
    max_cpu: str = ""
    has_time: bool = False
    time: str = ""
    max_time: str = ""
    engines: tuple[str, ...] = ()
    has_vetted_images: bool = False
    vetted_images: tuple[str, ...] = ()

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """From {key: {title, value}}; what has another shape counts as unknown."""
        told = {key: part.get("value") for key, part in answer.items() if isinstance(part, dict)}
        return cls(
            backends=_texts(told.get("compute_backends")),
            has_memory="default_kubernetes_memory_limit" in told or "kubernetes_max_memory_limit" in told,
            memory=_text(told, "default_kubernetes_memory_limit", "kubernetes_memory_limit"),
            max_memory=_text(told, "kubernetes_max_memory_limit"),
            # 0.9 knows no limits of CPU, and says nothing of them.
            has_cpu="default_kubernetes_cpu_limit" in told or "kubernetes_max_cpu_limit" in told,
            cpu=_text(told, "default_kubernetes_cpu_limit", "kubernetes_cpu_limit"),
            max_cpu=_text(told, "kubernetes_max_cpu_limit"),
            has_time="default_kubernetes_jobs_timeout" in told or "maximum_kubernetes_jobs_timeout" in told,
            time=_text(told, "default_kubernetes_jobs_timeout"),
            max_time=_text(told, "maximum_kubernetes_jobs_timeout"),
            engines=_texts(told.get("supported_workflow_engines")),
            has_vetted_images=str(told.get("vetted_container_images_enabled")).lower() == "true",
            vetted_images=_texts(told.get("vetted_container_images_allowlist")),
        )

    @classmethod
    def stored(cls, facts: Mapping[str, Any]) -> Self:
        """As `facts` gave it."""
        known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
        return cls(**{name: value for name, value in known.items() if name in cls.__dataclass_fields__})

    @property
    def facts(self) -> dict[str, Any]:
        """As a JSON column holds it."""
        return asdict(self)


def info(server: Service, token: str) -> Info:
    """Ask the server; raises RemoteError."""
    with understood(server):
        return Info.of(call(server, token, "info").json())


def _text(told: Mapping[str, Any], *names: str) -> str:
    """The first of the values that is there; null is none."""
    values = [told[name] for name in names if isinstance(told.get(name), str | int | float)]
    return storable(str(values[0])[:60]) if values else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(storable(str(item)[:300]) for item in value[:200]) if isinstance(value, list) else ()
