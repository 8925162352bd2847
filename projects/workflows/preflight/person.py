"""Whether the person may launch: their role, the token for the server, and how many runs they have. From the database alone."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.permissions import Permission, can, role_of
from projects.workflows.preflight.items import Item, Remedy
from projects.workflows.preflight.plan import Plan
from vre_portal.iam.stored import services as stored
from vre_portal.iam.vault import SignInAgain, require_sign_in
from vre_portal.services import Service


def role(plan: Plan) -> Item:
    """Whether the person's role in the project allows a launch."""
    found, name = role_of(plan.person, plan.project), _("Role in the project")
    if can(plan.person, plan.project, Permission.LAUNCH):
        return Item("role", name, "ok", (_("%(role)s: can launch workflows.") % {"role": found.label if found else ""},))
    words = _("Ask a project lead for a role that can launch workflows")
    people = Remedy(words, reverse("projects:people", args=[plan.project.slug]))
    return Item("role", name, "error", (_("Your role in this project cannot launch workflows."),), (people,))


def token(plan: Plan, server: Service) -> Item:
    """Whether the portal can act as the person at the server."""
    name, values = _("Access to %(server)s") % {"server": server.title}, {"server": server.title}
    if stored.takes_one(server):
        if stored.is_missing(plan.person, server):
            text = _("%(server)s needs a token of its own, and you have not stored one.") % values
            return Item("token", name, "error", (text,), (Remedy(_("Store a token"), reverse("stored:tokens")),))
        return Item("token", name, "ok", (_("Your token for %(server)s is stored.") % values,))
    try:
        require_sign_in(plan.person)
    except SignInAgain:
        text = _("Your sign-in has expired. You are asked to sign in when you launch; the form keeps your values.")
        return Item("token", name, "warning", (text,))
    return Item("token", name, "ok", (_("You are signed in; runs start on %(server)s as you.") % values,))


def room(active: int) -> Item:
    """Whether the person may have one more active run."""
    name, limit = _("Active runs"), settings.ACTIVE_RUNS
    text = ngettext(
        "You have %(active)s active run; the limit is %(limit)s.", "You have %(active)s active runs; the limit is %(limit)s.", active
    )
    words = (text % {"active": active, "limit": limit},)
    if active < limit:
        return Item("active", name, "ok", words)
    remedies = (Remedy(_("Wait until a run has ended, or stop one"), reverse("workflows-mine")),)
    return Item("active", name, "error", words, remedies)
