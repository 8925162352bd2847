"""Bring chosen outputs of a run into the Data Lake as a dataset, and follow its rule until the second copy is there."""

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from datalake import rucio
from datalake.operations.diagnosis import reported_errors
from projects import authorization
from projects.audience import Origin
from projects.models import Resource
from projects.permissions import Permission
from projects.services import add_resource
from projects.workflows import notices, provenance
from projects.workflows.kept_files import names_of, upload_files
from projects.workflows.models import Keep, Result, Run
from projects.workflows.permissions import why_not_keep
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token
from vre_portal.jobs import holds
from vre_portal.jobs.runner import Runner
from vre_portal.services import Service, ServiceKind, UnknownService, service

BEFORE_THE_RULE = (Keep.Status.QUEUED, Keep.Status.UPLOADING)
UNFINISHED = (*BEFORE_THE_RULE, Keep.Status.REPLICATING, Keep.Status.STUCK)
LONGEST_PAUSE = 60.0  # seconds between two looks at a rule


class Keeping(Runner[Keep]):
    """Results on their way into the lake: what is missing is uploaded, then the rule is followed."""

    model = Keep
    stoppable = holds.Stoppable(ServiceKind.RUCIO, "uploads", "lake")

    def ready(self) -> Q:
        return Q(status__in=UNFINISHED)

    def begins(self) -> Q:
        return Q(status__in=BEFORE_THE_RULE)

    def work(self, keep: Keep) -> float:
        _go_on(keep)
        return min((timezone.now() - keep.created_at).total_seconds() / 60, LONGEST_PAUSE)  # the older, the less there is to see

    def refused(self, keep: Keep, error: Exception) -> float:
        """A refused upload has failed; a rule that cannot be looked at is at work all the same, unless it is gone."""
        is_gone = isinstance(error, UnknownService) or getattr(error, "status", 0) == 404
        if keep.status in BEFORE_THE_RULE or is_gone:
            keep.moved(Keep.Status.FAILED, error=str(error))
            return 0
        keep.moved(keep.status, error=_("The progress of the second copy is unknown: %(reason)s") % {"reason": error})
        return LONGEST_PAUSE

    def delayed(self, keep: Keep, words: str) -> None:
        keep.moved(keep.status, error=words)

    def page_of(self, keep: Keep) -> str:
        return notices.page_of_keep(keep)

    def given_up(self, keep: Keep, words: str) -> None:
        if keep.status not in BEFORE_THE_RULE:
            words = _("The files are in the Data Lake, but the portal no longer tracks their second copy. %(reason)s") % {"reason": words}
        keep.moved(Keep.Status.FAILED, error=words)


keeps = Keeping()


def proceed(pk: int) -> None:
    """Go on where it stands: upload what is missing, or look how far the rule is."""
    keeps.perform(pk)


def _go_on(keep: Keep) -> None:
    # What is uploaded is the lake's: how far its copies are may be looked at by whoever may see the project.
    by = authorization.require_permission(keep.by, keep.run.project, Permission.KEEP if keep.status in BEFORE_THE_RULE else Permission.VIEW)
    if keep.status in BEFORE_THE_RULE:
        _require_keepable(keep, by)
    lake = service(ServiceKind.RUCIO, keep.lake)
    token = access_token(keep.by, lake, purpose=_("keep %(dataset)s") % {"dataset": keep})
    if keep.status == Keep.Status.QUEUED:
        refuse_if_there(keep, lake, token)
    if keep.status in BEFORE_THE_RULE:
        upload(keep, lake, token, by)
    look(keep, lake, token)


def _require_keepable(keep: Keep, by: User) -> None:
    """Raises NotAuthorizedAnymore, with the reason, where what the run made may not be kept by what is known of it now."""
    run = Run.objects.select_related("project", "by", "result").get(pk=keep.run_id)
    if reason := why_not_keep(by, run, Origin(keep.lake, keep.scope)):
        raise authorization.NotAuthorizedAnymore(reason, status=403)


def refuse_if_there(keep: Keep, lake: Service, token: str) -> None:
    """Before the first step nothing of that name may be there: somebody's own dataset is not to be added to."""
    try:
        rucio.get_did(lake, token, keep.scope, keep.dataset)
    except RemoteRefused as error:
        if error.status != 404:
            raise
        return
    text = _("%(name)s already exists in the Data Lake. Keep the result under another name.")
    raise RemoteRefused(text % {"name": keep}, service=lake, status=409)


def upload(keep: Keep, lake: Service, token: str, by: User) -> None:
    """Every step finds what an interrupted attempt did before, so that nothing is there twice.

    Uploads take their time, in which the result may be withdrawn, or its data restricted: then no rule holds the files, and none is put into the
    dataset unless that was done before.
    """
    keep.moved(Keep.Status.UPLOADING)
    rucio.add_collection(lake, token, keep.scope, keep.dataset, "DATASET", provenance.in_lake(keep.run))
    names = names_of(keep.dataset, keep.paths)
    upload_files(keep, lake, token, names)
    _require_keepable(keep, by)
    rucio.attach(lake, token, keep.scope, keep.dataset, [(keep.scope, names[path]) for path in keep.uploaded])
    rucio.close_collection(lake, token, keep.scope, keep.dataset)
    _require_keepable(keep, by)
    rucio.ensure_rule(lake, token, keep.scope, keep.dataset, rucio.RuleSpec(keep.rse))
    rule = rucio.ensure_rule(lake, token, keep.scope, keep.dataset, rucio.RuleSpec(keep.copy_rse)).id
    keep.hold()
    add_resource(
        by=keep.by,
        project=keep.run.project,
        kind=Resource.Kind.RESULT,
        service=keep.lake,
        identifier=str(keep),
        title=_("%(title)s, run %(number)s") % {"title": keep.run.specification.title, "number": keep.run.number},
        facts={
            "run": keep.run.number,
            "commit": keep.run.commit,
            "parameters": keep.run.parameters,
            "files": len(keep.uploaded),
            "not_kept": len(keep.failed),
        },
    )
    result = Result.objects.present(keep.run)
    if result.is_withdrawn:
        result.mark_kept()  # it was withdrawn in between
    keep.moved(Keep.Status.REPLICATING, rule=rule)


def look(keep: Keep, lake: Service, token: str) -> None:
    """Note how far the second copy is."""
    rule = rucio.get_rule(lake, token, keep.rule)
    locks = {"ok": rule.locks_ok, "replicating": rule.locks_replicating, "stuck": rule.locks_stuck}
    state = rule.state if rule.state in Keep.Status.values else Keep.Status.REPLICATING
    words = reported_errors.in_words(rule) or _("The Data Lake gives no reason.") if state == Keep.Status.STUCK else rule.error or ""
    keep.moved(state, error=words, locks=locks)
