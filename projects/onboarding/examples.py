"""Three projects with their answers, to begin with; docs/onboarding.md shows what the demonstration answers them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Example:
    """A project that somebody could plan."""

    title: Any
    about: Any
    answers: Mapping[str, Mapping[str, Any]]  # as the steps store them


def _person(name: str, part: str, email: str = "") -> dict[str, str]:
    return {"name": name, "email": email, "institute": "", "part": part}


def _data(name: str, place: str, size: int, growth: int | None = None, protocol: str = "", embargo: str | None = None) -> dict[str, Any]:
    return {"name": name, "place": place, "size": size, "growth": growth, "protocol": protocol, "embargo": embargo}


def _software(software: list[str], methods: list[str], environments: list[str] | None = None) -> dict[str, Any]:
    return {
        "software": software, "methods": methods, "environments": environments or [], "notebooks": "yes", "notebook_memory": None,
    }  # fmt: skip


def _further(**values: Any) -> dict[str, Any]:
    return {"archives": [], "training": [], "publication": [], "deadline": None, "deadline_for": "", **values}


def _people(title: str, experiments: list[str], *rows: dict[str, str], **values: Any) -> dict[str, Any]:
    return {"title": title, "summary": "", "contact": "", "experiments": experiments, "institutes": [], "rows": list(rows), **values}


EXAMPLES = {
    "lofar": Example(
        _("LOFAR imaging with VO data"),
        _("Large data, radio software and archives of the Virtual Observatory."),
        {
            "people": _people(
                "LOFAR imaging of radio galaxies",
                ["LOFAR"],
                _person("A. Newcomer", "imaging", "newcomer@example.org"),
                summary="Images of extended radio galaxies, compared with optical surveys of the Virtual Observatory.",
                contact="lofar-imaging@example.org",
                institutes=[{"name": "ASTRON"}],
            ),
            "data": {
                "about": "",
                "rows": [
                    _data("Calibrated visibilities", "LOFAR Long Term Archive", 9000, 1000, "davs"),
                    _data("Survey data", "local cluster", 40000, None, "gsiftp"),
                ],
            },
            "compute": {"cpu_hours": 50000, "memory": 64, "gpu": "no", "gpu_for": "", "backend": ""},
            "software": _software(["PyBDSF", "PyVO", "WSClean"], ["imaging"]),
            "further": _further(archives=["VO", "LOFAR Long Term Archive"], training=["Data Lake"], publication=["data", "paper"]),
        },
    ),
    "combination": Example(
        _("CTA and KM3NeT combined"),
        _("Two experiments, data under embargo, and a workflow that exists."),
        {
            "people": _people(
                "CTA and KM3NeT: one source in gamma rays and neutrinos",
                ["CTA", "KM3NeT"],
                _person("B. Lead", "supervision"),
                _person("C. Student", "joint fit"),
                summary="A joint fit of gamma-ray and neutrino spectra of one source.",
            ),
            "data": {
                "about": "",
                "rows": [
                    _data("Response functions for point sources", "Data Lake", 1),
                    _data("Simulated CTA events", "institute", 300, embargo="2028-06-01"),
                ],
            },
            "compute": {"cpu_hours": 2000, "memory": 4, "gpu": "no", "gpu_for": "", "backend": ""},
            "software": _software(["Gammapy", "km3irf"], ["point sources", "sensitivity"], ["km3irf"]),
            "further": _further(publication=["paper", "project"], deadline="2028-09-01", deadline_for="conference"),
        },
    ),
    "learning": Example(
        _("CTA deep learning with GPUs"),
        _("Simulations that grow, GPUs for training, and software to publish."),
        {
            "people": _people("Event reconstruction for CTA with deep learning", ["CTA"]),
            "data": {"about": "", "rows": [_data("Simulated telescope images", "grid", 15000, 5000, "root")]},
            "compute": {
                "cpu_hours": 8000, "memory": 32, "gpu": "yes", "gpu_for": "training CTLearn models, 4 days on one card", "backend": "",
            },
            "software": _software(["CTLearn", "GammaLearn", "DL1-Data-Handler"], ["deep learning"], ["tensorflow"]),
            "further": _further(training=["notebooks"], publication=["software"]),
        },
    ),
}  # fmt: skip
