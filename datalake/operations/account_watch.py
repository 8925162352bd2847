"""A look at the rules and quotas of people who use the portal: once an hour for each, in their own name, and nothing is changed."""

import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.operations import notices
from datalake.operations.models import QuotaMark, StuckRule
from datalake.reads import accounts
from vre_portal.http import RemoteError
from vre_portal.iam.models import Token, User
from vre_portal.iam.vault import SIGN_IN, access_token
from vre_portal.notices.batches import one_of_many
from vre_portal.notices.kinds import NoticeKind
from vre_portal.notices.services import notify, unreported
from vre_portal.search import audiences
from vre_portal.services import Service, ServiceKind, service, services
from vre_portal.text import plain, size

logger = logging.getLogger(__name__)
PAUSE_SECONDS = 3600  # between two looks at one account
MAX_PEOPLE = 100  # of each lake in one go
MAX_RULES, MAX_REPORTED = 1000, 50  # of one account in one look
STUCK_FOR = timedelta(minutes=30)  # Rucio often mends a rule within minutes
BEFORE_END, DELETED_WITHIN = timedelta(days=3), timedelta(hours=1)  # a rule that somebody deletes ends within an hour
NEAR, FULL, RELAXED = 80, 95, 75  # percent of a quota
FORGET_AFTER = timedelta(days=90)  # without a look


def due() -> Iterator[tuple[int, str]]:
    """People who are signed in and have an account at a lake that was not looked at within the hour."""
    signed_in = Token.objects.filter(service=SIGN_IN, retired_at=None, user__is_active=True).select_related("user").order_by("-renewed_at")
    people = [token.user for token in signed_in]
    for lake in services(ServiceKind.RUCIO):
        count = 0
        for user in people:
            known = accounts.last_known(user, lake)
            if known and known[1] and cache.add(f"account-watch-{user.pk}-{lake.name}", True, PAUSE_SECONDS):
                yield user.pk, lake.name
                count += 1
            if count == MAX_PEOPLE:
                break


def look(user_pk: int, lake_name: str) -> None:
    """Tell one person of rules that are stuck or expire soon, and of quotas that are nearly used; what cannot be read costs only itself."""
    user = User.objects.filter(pk=user_pk, is_active=True).first()
    if user is None:
        return
    lake = service(ServiceKind.RUCIO, lake_name)
    token = access_token(user, lake, purpose=_("check your rules and quota"))
    try:
        look_at_quota(user, lake, rucio.list_usage(lake, token))
    except RemoteError as error:
        logger.info("the quota of user %s at %s is not known: %s", user.pk, lake.name, error)
    account = accounts.name_of(user, lake) or rucio.whoami(lake, token)
    look_at_rules(user, lake, rucio.list_all_rules(lake, token, rucio.RuleFilter(account), limit=MAX_RULES))


def forget() -> None:
    """Rows of accounts at which nobody looks any more."""
    before = timezone.now() - FORGET_AFTER
    for model in (StuckRule, QuotaMark):
        model._default_manager.filter(seen_at__lt=before).delete()


def look_at_quota(user: User, lake: Service, usages: Iterable[rucio.AccountUsage]) -> None:
    """Each mark is told once, and again after less than RELAXED percent were used."""
    marks = {mark.rse: mark for mark in QuotaMark.objects.filter(user=user, lake=lake.name)}
    for usage in usages:
        with one_of_many(f"the quota of user {user.pk} at {plain(usage.rse)}"):
            _look_at_usage(user, lake, usage, marks.get(usage.rse))


def _look_at_usage(user: User, lake: Service, usage: rucio.AccountUsage, mark: QuotaMark | None) -> None:
    percent = 100 * usage.used / usage.limit if usage.limit else 0  # no limit, or nothing is allowed there at all
    passed = FULL if percent >= FULL else NEAR if percent >= NEAR else 0
    if mark and percent < RELAXED:
        mark.delete()
    elif mark:
        grown = QuotaMark.objects.filter(pk=mark.pk, percent__lt=passed).update(percent=passed)
        QuotaMark.objects.filter(pk=mark.pk).update(seen_at=timezone.now())
        if grown:
            _report_quota(user, lake, usage, mark.pk, passed)
    elif passed:
        mark, is_new = QuotaMark.objects.get_or_create(user=user, lake=lake.name, rse=usage.rse, defaults={"percent": passed})
        if is_new:
            _report_quota(user, lake, usage, mark.pk, passed)


def _report_quota(user: User, lake: Service, usage: rucio.AccountUsage, mark: int, percent: int) -> None:
    text = _("You use %(used)s of %(limit)s. Delete rules that you no longer need, or ask for more.")
    notify(
        (notices.QUOTA_FULL if percent == FULL else notices.QUOTA_NEAR).key,
        f"quota:{mark}:{percent}",
        title=_("Your quota at %(rse)s is %(percent)s%% used") % {"rse": usage.rse, "percent": percent},
        text=text % {"used": size(usage.used), "limit": size(usage.limit or 0)},
        url=reverse("lake_acts:usage", args=[lake.name]),
        audience=audiences.rule(audiences.person(user.pk)),
        to=[user],
        group=f"lake:{lake.name}",
        data={"lake": lake.name, "rse": usage.rse, "percent": percent},
    )


def look_at_rules(user: User, lake: Service, rules: list[rucio.Rule]) -> None:
    """Tell of rules of the person's own account; a rule that was in order in between is told anew when it is stuck again."""
    now = timezone.now()
    known = StuckRule.objects.filter(user=user, lake=lake.name)
    in_order = [rule.id for rule in rules if rule.state == "OK"]
    known.filter(rule__in=in_order).delete()
    if len(rules) < MAX_RULES:  # all of them are listed
        known.exclude(rule__in=[rule.id for rule in rules]).delete()
    known.update(seen_at=now)
    told = set(known.values_list("rule", flat=True))
    stuck = [rule for rule in rules if rule.state == "STUCK" and rule.id not in told and not (rule.stuck and rule.stuck > now - STUCK_FOR)]
    for rule in stuck[:MAX_REPORTED]:
        with one_of_many(f"the stuck rule {plain(rule.id)} of user {user.pk}"):
            row, is_new = StuckRule.objects.get_or_create(user=user, lake=lake.name, rule=rule.id)
            if is_new:
                _report_rule(notices.STUCK, user, lake, rule, f"rule:{row.pk}", _("Your rule on %(did)s is stuck"), rule.error or "")
    ending = {_key_of_end(lake, rule): rule for rule in rules if ends_soon(rule)}
    for key in sorted(unreported(notices.EXPIRES.key, ending))[:MAX_REPORTED]:
        rule, text = ending[key], _("The copies may be deleted after that. Change the lifetime of the rule to keep them.")
        with one_of_many(f"the end of rule {plain(rule.id)} of user {user.pk}"):
            title, day = _("Your rule on %(did)s expires on %(day)s"), format_date(rule.expires, "j M Y") if rule.expires else ""
            _report_rule(notices.EXPIRES, user, lake, rule, key, title, text, day=day)


def ends_soon(rule: rucio.Rule) -> bool:
    """Whether it ends within three days, and was meant to last longer than that, and nobody is deleting it."""
    now = timezone.now()
    if rule.expires is None or not now + DELETED_WITHIN < rule.expires <= now + BEFORE_END:
        return False
    return rule.created is None or rule.expires - rule.created > BEFORE_END


def _key_of_end(lake: Service, rule: rucio.Rule) -> str:
    """Another one when its lifetime was changed."""
    return f"rule:{lake.name}:{rule.id}:{rule.expires:%Y%m%dT%H%M%S}"


def _report_rule(kind: NoticeKind, user: User, lake: Service, rule: rucio.Rule, key: str, title: str, text: str, *, day: str = "") -> None:
    """Tell the person whose rule it is, while no restriction keeps them from its data."""
    notify(
        kind.key,
        key,
        title=title % {"did": f"{rule.scope}:{rule.name}", "day": day},
        text=text,
        url=reverse("datalake:rule", args=[lake.name, rule.id]),
        audience=audiences.rule([audiences.person(user.pk), audiences.condition("read", f"{lake.name}:{rule.scope}")]),
        to=[user],
        group=f"lake:{lake.name}",
        data={"lake": lake.name, "did": f"{rule.scope}:{rule.name}", "rule": rule.id},
    )
