"""The checks once more, by the job before anything is created at REANA: what is refused permanently ends the run with the words of the page.

What is of the moment refuses nothing here: a server that is down, a registry or a lake that does not answer are met again by the start itself.
"""

import logging

from projects.workflows import quota_waits, reana
from projects.workflows.launching import offers
from projects.workflows.models import Run
from projects.workflows.preflight import images, quota, server
from projects.workflows.preflight.items import Item
from projects.workflows.preflight.plan import Plan, of_run
from vre_portal import deadlines
from vre_portal.http import RemoteError
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused
from vre_portal.services import Service, ServiceKind

logger = logging.getLogger(__name__)


class QuotaReached(Exception):
    """The run could start if its person's quota had room; the text says which limit, how much of it is used, and what to do."""


def require(run: Run, by: User, service: Service, token: str) -> None:
    """Raise Refused with all that makes the run impossible, or QuotaReached where it is the quota alone; else note which images it gets.

    Sign-in, role, stop switch and inputs are the job's own checks.
    """
    plan = of_run(run, by)
    found = [*_needs(plan, service, token), *_quota(plan, service, token), *images.look_up(plan.images)]
    wrong = [item for item in found if item.state == "error"]
    if not wrong:
        run.noted_images(images.look_up_digests(plan.images))
        return
    others = [item for item in wrong if item.key not in quota.KEYS]
    if not others:
        raise QuotaReached("\n".join(item.sentence for item in wrong))
    also = [quota_waits.used_up(run)] if len(others) < len(wrong) else []
    raise Refused("\n".join([*(item.sentence for item in others), *also]))


def _needs(plan: Plan, service: Service, token: str) -> list[Item]:
    """By what the server says now, where it has not said it within the last hour."""
    if not offers.is_fresh(service):
        try:
            with deadlines.within(quota.ASK_SECONDS, ServiceKind.REANA):
                offers.store(service, reana.info(service, token))
        except RemoteError as error:
            logger.info("what %s offers could not be asked: %s", service.name, error)
    return [server.needs(plan, offers.offer_of(service.name))]


def _quota(plan: Plan, service: Service, token: str) -> list[Item]:
    """As it is now, whatever was known a minute ago."""
    try:
        return quota.items(service, quota.ask(plan.person, service, token))
    except RemoteError as error:
        logger.info("the quota of user %s at %s is not known: %s", plan.person.pk, service.name, error)
        return []
