"""Forgetting a person: what is theirs goes, what must remain stays under a pseudonym that leads to nobody."""

from django.db import transaction
from django.utils.translation import gettext as _

from vre_portal.audit import record
from vre_portal.audit.models import Use
from vre_portal.iam import vault
from vre_portal.iam.models import Token, User, UserSession
from vre_portal.iam.personal_data.data_export import erase_words, erasure_obstacles, lock_for_erasure, relations


class NotYet(Exception):
    """The person has to do something first; the message says what."""


@transaction.atomic
def erase(user: User) -> list[int]:
    """Erase somebody permanently; raises NotYet. Returns the rows of tokens that are still to be revoked at the IAM.

    Runs, kept results and entries of the record go on referring to the emptied row, whose handle is the pseudonym. The issuer stays on
    it, for the tokens to be taken back there; it says of nobody who they are.
    """
    # Rows that point to the person may be written meanwhile: who writes them may have what is locked next.
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    lock_for_erasure(person)
    if reasons := erasure_obstacles(person):
        raise NotYet(" ".join(reasons))
    UserSession.objects.filter(user=person).end()
    retired = vault.retire(person)  # also where there was no session
    Use.objects.filter(person=person.handle).delete()
    for model, field, owned in relations():
        if owned and model is not Token:
            model._base_manager.filter(**{field: person}).delete()
    erase_words(person, pseudonym_of(person))
    empty(person)
    record("person.erase", by=person, subject=f"person/{person.handle}")
    return retired


def pseudonym_of(person: User) -> str:
    """What pages call an erased person."""
    return _("Deleted user %(mark)s") % {"mark": person.handle.hex[:8]}


def empty(person: User) -> None:
    """Nothing is left on the row that says who it was; the same identity coming again is a new person."""
    person.subject = f"erased-{person.handle}"
    person.name = pseudonym_of(person)
    person.preferred_username = person.email = person.orcid = person.password = ""
    person.groups, person.groups_seen_at, person.last_login = [], None, None
    person.is_active = person.is_staff = False
    person.save()
