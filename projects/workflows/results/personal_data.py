"""Who is named in results, in a person's export, and after their account is deleted."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from projects.workflows.models import Result, Run
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export


def naming(user: User) -> Iterator[tuple[Result, list[int]]]:
    """The results that name the person, and where in the list: by their ORCID iD, and in results of their own runs also by their name."""
    own = Q(run__by=user)
    by_orcid = Q(people__contains=[{"orcid": user.orcid}]) if user.orcid else Q(pk__in=[])
    for result in Result.objects.filter(own | by_orcid).select_related("run__project").order_by("pk"):
        names = (str(user),) if result.run.by_id == user.pk else ()
        places = [
            place
            for place, row in enumerate(result.people_list)
            if (user.orcid and row["orcid"] == user.orcid) or (not row["orcid"] and row["name"] in names)
        ]
        if places:
            yield result, places


def named_in(user: User) -> list[dict[str, Any]]:
    """Each result with the person as it names them; of those that they may no longer see nothing else."""
    found = list(naming(user))
    seen = set(Run.objects.filter(pk__in=[result.run_id for result, _places in found]).visible_to(user).values_list("pk", flat=True))
    return [
        {
            **({"title": result.title, "url": result.get_absolute_url()} if result.run_id in seen else {}),
            "named": [result.people_list[place] for place in places],
        }
        for result, places in found
    ]


def erase(user: User, pseudonym: str) -> None:
    """Results that others cite stay, with the pseudonym in place of name and ORCID iD; a form that is open does not bring them back."""
    for result, places in naming(user):
        people = result.people_list
        for place in places:
            people[place] = {"name": pseudonym, "orcid": ""}
        Result.objects.filter(pk=result.pk).update(people=people, version=result.version + 1)


data_export.register_exporter("named in results", named_in)
data_export.register_eraser(erase)
