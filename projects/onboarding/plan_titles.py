"""What has to be done for a need, as a sentence that begins with a verb."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from projects.onboarding.matching import Answers, Match, Need
from vre_portal.folding import fold


def title_of(need: Need, matches: Sequence[Match], answers: Answers) -> str:
    """What to do: with what exists, or where nothing was found to find it. A need of a kind that is not known keeps its title."""
    name = _subject(need, answers)
    kind = need.key.partition("-")[0] if not need.key.startswith("data-") else need.key.rpartition("-")[2]
    serves = bool(matches) and not need.is_missing
    only = matches[0].title if len(matches) == 1 else ""
    match kind:
        case "experiment":
            return _("Ask the leads of projects of %(name)s") % {"name": name}
        case "existing":
            return _("Check whether “%(name)s” in the Data Lake is what you need") % {"name": name}
        case "embargo":
            return _("Agree on the embargo of %(name)s with the administrators") % {"name": name}
        case "scope":
            return _("Get a scope in the Data Lake")
        case "compute":
            if serves:
                return _("Try a workflow on %(service)s") % {"service": only} if only else _("Try a workflow on one of these services")
            return _("Find a service for the computing")
        case "gpu":
            if serves:
                return _("Try your code on the GPUs of %(service)s") % {"service": only} if only else _("Try your code on a GPU")
            return _("Find GPUs")
        case "notebooks":
            if serves:
                return _("Open a notebook on %(service)s") % {"service": only} if only else _("Open a notebook on one of these services")
            return _("Find a service for notebooks")
        case "software":
            return _("Add %(name)s to an environment") % {"name": name}
        case "environment":
            return _("Try the environment %(name)s") % {"name": name} if serves else _("Get an environment with %(name)s") % {"name": name}
        case "similar":
            return _("Look at projects and workflows like yours")
        case "archive":
            return (
                _("Query the archive %(name)s") % {"name": name}
                if serves
                else _("Find a way to read the archive %(name)s") % {"name": name}
            )
        case "training":
            if serves:
                return _("Read: %(page)s") % {"page": only} if only else _("Read about %(topic)s") % {"topic": name}
            return _("Find training: %(topic)s") % {"topic": name}
        case "deadline":
            purpose = answers.deadline_for
            return _("Be ready for the deadline: %(purpose)s") % {"purpose": purpose} if purpose else _("Be ready for the deadline")
        case _other if _other.isdecimal():
            return _("Choose where to keep %(name)s") % {"name": name} if serves else _("Find a place for %(name)s") % {"name": name}
        case _:
            return need.title


def _subject(need: Need, answers: Answers) -> str:
    """What the need is about, as the person wrote it: a key has it folded."""
    kind, _dash, rest = need.key.partition("-")
    if kind == "data":
        number = rest.partition("-")[0]
        for dataset in answers.datasets:
            if str(dataset.number) == number:
                return dataset.name or dataset.place or _("dataset %(number)s") % {"number": number}
    names = (*answers.experiments, *answers.software, *answers.environments, *answers.archives, *answers.training)
    return next((name for name in names if need.key in (f"{kind}-{key}"[:200] for key in (fold(name), name.casefold()))), need.title)
