"""What a specification asks for that the portal leaves to REANA, or that nobody does here: told with its place before a launch.

The portal sends a reana.yaml as it is, without the part for itself (`Document.content`); it holds no secrets of anybody at REANA.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MAX_PLACES = 5  # that one sentence names
BLOCK = "vre"  # the part that is for this portal
# What REANA's schema knows, and what later servers than the installed schema read besides.
KNOWN: dict[tuple[str, ...], frozenset[str]] = {
    (): frozenset(("version", "inputs", "workflow", "outputs", "tests", "workspace", BLOCK)),
    ("inputs",): frozenset(("files", "directories", "parameters", "options")),
    ("outputs",): frozenset(("files", "directories")),
    ("workflow",): frozenset(("type", "file", "specification", "resources", "files", "directories", "parameters")),
    ("workflow", "resources"): frozenset(("cvmfs", "kerberos", "voms_proxy", "rucio", "dask")),
    ("workspace",): frozenset(("root_path", "retention_days")),
    ("tests",): frozenset(("files",)),
}
KNOWN_OF_STEPS = frozenset(
    [
        "name",
        "environment",
        "commands",
        "compute_backend",
        "unpacked_img",
        "kerberos",
        "voms_proxy",
        "rucio",
        "htcondor_accounting_group",
        "htcondor_max_runtime",
        "kubernetes_cpu_limit",
        "kubernetes_cpu_request",
        "kubernetes_job_timeout",
        "kubernetes_memory_limit",
        "kubernetes_memory_request",
        "kubernetes_uid",
        "slurm_partition",
        "slurm_time",
        "c4p_cpu_cores",
        "c4p_memory_limit",
        "c4p_additional_requirements",
    ]
)
REQUIRED_OF_STEPS = frozenset(("environment", "commands"))  # one that is misspelt is an error, which says so
STEPS = ("workflow", "specification", "steps")
PREFIXES = ("htcondor_", "slurm_", "c4p_")  # of keys that only one backend reads
SENTENCES: dict[str, Promise] = {
    "kerberos": gettext_lazy(
        "%(places)s: sent to REANA as it is. The portal has no Kerberos ticket: the step needs a keytab among your secrets at REANA "
        "(reana-client secrets-add), and fails without it."
    ),
    "voms_proxy": gettext_lazy(
        "%(places)s: sent to REANA as it is. The portal has no VOMS proxy: the step needs your certificate or proxy among your secrets at "
        "REANA (reana-client secrets-add), and fails without it."
    ),
    "rucio": gettext_lazy(
        "%(places)s: sent to REANA as it is. The step uses Rucio with a VOMS proxy and your secrets at REANA, not with your access to the "
        "Data Lake in this portal."
    ),
    "cvmfs": gettext_lazy(
        "%(places)s: sent to REANA as it is. The portal does not know whether the REANA server has CVMFS; without it the run fails."
    ),
    "unpacked_img": gettext_lazy(
        "%(places)s: sent to REANA as it is. The image is taken from CVMFS, and the portal does not check whether it exists there."
    ),
    "dask": gettext_lazy("%(places)s: sent to REANA as it is. Only servers of REANA 0.95 or later that offer Dask start the cluster."),
    "tests": gettext_lazy("%(places)s: the portal does not run these tests. “reana-client test” does, once the run has finished."),
    "retention_days": gettext_lazy(
        "%(places)s: sent to REANA as it is. REANA deletes these files of the run after so many days; what the portal has copied stays."
    ),
    "root_path": gettext_lazy("%(places)s: sent to REANA as it is. A server that does not offer this path refuses the run."),
    "htcondor_": gettext_lazy("%(places)s: sent to REANA as it is. It counts only for steps on the backend htcondorcern."),
    "slurm_": gettext_lazy("%(places)s: sent to REANA as it is. It counts only for steps on the backend slurmcern."),
    "c4p_": gettext_lazy("%(places)s: sent to REANA as it is. It counts only for steps on the backend compute4punch."),
    "unknown": gettext_lazy("%(places)s: not part of a REANA specification. Sent to REANA as it is, which does not use it."),
}
TRUE_OR_NOTHING = frozenset(("kerberos", "voms_proxy", "rucio", "unpacked_img"))
Place = tuple[Any, ...]


class HasResources(Protocol):
    """A step as its engine read it."""

    @property
    def name(self) -> str: ...

    @property
    def resources(self) -> Mapping[str, Any]: ...


def of_content(content: Mapping[str, Any], spelt: Callable[[Place], str]) -> list[str]:
    """A sentence for each kind of known thing in a reana.yaml, with its places as `spelt` writes them."""
    return _sentences((kind, spelt(place)) for kind, place in _found(content) if kind != "unknown")


def of_unknown_keys(content: Mapping[str, Any], spelt: Callable[[Place], str]) -> list[str]:
    """A sentence for each key that is probably misspelt, and one for all others that REANA does not know."""
    meant = {place: _meant(place) for kind, place in _found(content) if kind == "unknown"}
    words = _("%(place)s: do you mean “%(name)s”? It is sent to REANA as it is, which does not use it.")
    asked = [words % {"place": spelt(place), "name": name} for place, name in meant.items() if name]
    return [*_sentences(("unknown", spelt(place)) for place, name in meant.items() if not name), *asked[:MAX_PLACES]]


def unknown_keys(content: Mapping[str, Any]) -> list[str]:
    """The keys that `of_unknown_keys` names."""
    return [str(place[-1]) for kind, place in _found(content) if kind == "unknown"]


def misspelt_keys(step: Mapping[str, Any]) -> dict[str, str]:
    """Each unknown key of a step that is probably one which has to be there and is not, with the key that is meant."""
    unknown = [key for key in step if key not in KNOWN_OF_STEPS]
    missing = sorted(REQUIRED_OF_STEPS - step.keys())
    return {like[0]: name for name in missing if (like := get_close_matches(name, unknown, n=1, cutoff=0.8))}


def _meant(place: Place) -> str:
    """The key that a person probably means by an unknown one at this place; empty where none is like it."""
    known = KNOWN_OF_STEPS - REQUIRED_OF_STEPS if place[: len(STEPS)] == STEPS else KNOWN.get(place[:-1], frozenset())
    return next(iter(get_close_matches(str(place[-1]), sorted(known), n=1, cutoff=0.8)), "")


def of_nodes(nodes: Iterable[HasResources]) -> list[str]:
    """The same of what stands in the workflow's own files (Snakemake, CWL, Yadage)."""
    return _sentences(
        (kind, _("%(key)s of step %(step)s") % {"key": key, "step": node.name})
        for node in nodes
        for key, value in node.resources.items()
        if (kind := _kind_of_step_key(key, value))
    )


def _sentences(found: Iterable[tuple[str, str]]) -> list[str]:
    places: dict[str, dict[str, None]] = {}
    for kind, place in found:
        places.setdefault(kind, {})[place] = None
    return [str(SENTENCES[kind]) % {"places": _listed(list(named))} for kind, named in places.items()]


def _listed(places: list[str]) -> str:
    more = [_("%(n)s more") % {"n": len(places) - MAX_PLACES}] if len(places) > MAX_PLACES else []
    return ", ".join(places[:MAX_PLACES] + more)


def _found(content: Mapping[str, Any]) -> Iterator[tuple[str, Place]]:
    for path, known in KNOWN.items():
        part = _part(content, path)
        for key, value in part.items():
            if key not in known:
                yield "unknown", (*path, key)
            elif path == ("workflow", "resources"):
                if value or key not in TRUE_OR_NOTHING:
                    yield key, (*path, key)
            elif value and (key == "tests" or path == ("workspace",)):
                yield key, (*path, key)
    yield from _in_steps(content)


def _in_steps(content: Mapping[str, Any]) -> Iterator[tuple[str, Place]]:
    specification = _part(content, STEPS[:-1])
    if _part(content, ("workflow",)).get("type") != "serial":
        return
    for key in specification:
        if key != "steps":
            yield "unknown", (*STEPS[:-1], key)
    steps = specification.get("steps")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, Mapping):
            continue
        errors = misspelt_keys(step).keys()  # which are told as such
        for key, value in step.items():
            if kind := _kind_of_step_key(key, value) or ("" if key in KNOWN_OF_STEPS | errors else "unknown"):
                yield kind, (*STEPS, number, key)


def _kind_of_step_key(key: str, value: Any) -> str:
    """What has to be said of a key of a step; empty where nothing has."""
    if key in TRUE_OR_NOTHING:
        return key if value else ""
    return next((prefix for prefix in PREFIXES if key.startswith(prefix)), "")


def _part(content: Mapping[str, Any], path: Iterable[str]) -> Mapping[str, Any]:
    part: Any = content
    for name in path:
        part = part.get(name) if isinstance(part, Mapping) else None
    return part if isinstance(part, Mapping) else {}
