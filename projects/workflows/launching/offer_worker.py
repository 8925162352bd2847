"""REANA servers are asked what they offer, in the name of somebody who is about to launch there; a failure changes nothing that is known."""

import logging

from django.utils.translation import gettext as _

from projects.workflows import reana
from projects.workflows.launching import offers
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.services import Service, ServiceKind, services

logger = logging.getLogger(__name__)


def ask(user_pk: int) -> None:
    """Ask each server of which nothing recent is known, and store what it says; may run twice. Where there are several, also how busy they are."""
    user = User.objects.filter(pk=user_pk, is_active=True).first()
    if user is None:
        return
    for server in services(ServiceKind.REANA):
        if not offers.is_fresh(server):
            _ask(user, server)
        if offers.is_load_wanted() and not offers.offer_of(server.name).is_load_fresh:
            _ask_load(user, server)


def _ask(user: User, server: Service) -> None:
    try:
        token = access_token(user, server, purpose=_("look up the limits of %(server)s") % {"server": server.title})
        offers.store(server, reana.info(server, token))
    except (RemoteError, SignInAgain) as error:
        logger.info("what %s offers could not be asked: %s", server.name, error)


def _ask_load(user: User, server: Service) -> None:
    try:
        token = access_token(user, server, purpose=_("look up the load of %(server)s") % {"server": server.title})
        offers.store_load(server, reana.load(server, token))
    except SignInAgain as error:
        logger.info("how busy %s is could not be asked: %s", server.name, error)
    except RemoteRefused as error:  # it does not say: nothing is shown, and it is not asked at once again
        logger.info("%s does not say how busy it is: %s", server.name, error)
        offers.store_load(server, None)
    except RemoteUnavailable as error:
        logger.info("how busy %s is could not be asked: %s", server.name, error)
