"""The environments of the catalogue as KubeSpawner's profiles."""

import html
from collections.abc import Iterable
from typing import Any

from catalog.environments.profiles import Profile, profiles_of
from vre_portal.services import Service

GPU_RESOURCE, GPU_LABEL = "nvidia.com/gpu", "nvidia.com/gpu.product"
NO_GPU = "none"
CHOICES = {"cpu": ("session_cpus", "CPUs"), "memory": ("session_memory_gigabytes", "Memory"), "gpu": ("session_gpus", "GPU")}


def profile_list(hub: Service) -> list[dict[str, Any]]:
    """`singleuser.profileList`: the first is the default. Only these images start, and only with these sizes, whatever is posted."""
    return [_profile(hub, profile, is_default=place == 0) for place, profile in enumerate(profiles_of(hub))]


def _profile(hub: Service, profile: Profile, *, is_default: bool) -> dict[str, Any]:
    """KubeSpawner shows both texts as HTML."""
    facts = {"display_name": html.escape(profile.name), "description": html.escape(profile.summary), "slug": profile.slug}
    made = {**facts, **({"default": True} if is_default else {}), "kubespawner_override": {"image": profile.image}}
    options = {name: option for name in CHOICES if (option := _option(hub, name)) and (name != "gpu" or profile.has_gpu)}
    return {**made, "profile_options": options} if options else made


def _option(hub: Service, name: str) -> dict[str, Any] | None:
    """One size that people choose, the first of the hub's values by default, but no GPU; None where the hub has none."""
    listed, title = CHOICES[name]
    found = hub.options.get(listed)
    values = [f"{value:g}" if isinstance(value, int | float) else str(value) for value in found] if isinstance(found, list) else []
    choices = dict(_choices(hub, name, values))
    if name == "gpu":  # nobody holds one who did not ask for it
        choices = {NO_GPU: {"display_name": "None", "default": True, "kubespawner_override": {}}, **choices}
    return {"display_name": title, "choices": choices} if values else None


def _choices(hub: Service, name: str, values: Iterable[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    for place, value in enumerate(values):
        text = value
        override: dict[str, Any] = {"cpu_limit": float(value)} if name == "cpu" else {}
        if name == "memory":
            text, override = f"{value} GB", {"mem_limit": f"{value}G", "mem_guarantee": f"{value}G"}
        if name == "gpu":
            label = str(hub.options.get("gpu_node_label") or GPU_LABEL)
            override = {"extra_resource_limits": {GPU_RESOURCE: "1"}, "node_selector": {label: value}}
        yield (
            value,
            {
                "display_name": html.escape(text),
                **({"default": True} if place == 0 and name != "gpu" else {}),
                "kubespawner_override": override,
            },
        )
