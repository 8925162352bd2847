"""The rule of every route: who gets in, and with which answer. A route that is not listed here fails the tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from projects.permissions import Permission

VISITORS = ("anonymous", "newcomer", "outsider", "member", "lead", "admin")
# What each visitor may do in a project that the group escape/km3net belongs to and that `lead` leads.
WORKING = frozenset({Permission.VIEW, Permission.LAUNCH, Permission.NOTEBOOK, Permission.KEEP})
GRANTED = {"member": WORKING, "lead": frozenset(Permission)}


@dataclass(frozen=True)
class Rule:
    """Who may GET a route: everybody, everybody who signed in, or whoever has a permission in the project that it names."""

    open: bool = False  # anonymous visitors reach the view
    permission: Permission | None = None
    owner: str = ""  # only this person's own thing, and nobody else's
    post_only: bool = False
    signed: bool = False  # an IAM posts here with a signed token, and no browser
    signed_link: bool = False  # mail programs post here, to an address that is signed for one person; the tests' own is not
    for_programs: bool = False  # no session counts, only a token that the request brings: everybody here is a stranger
    staff: bool = False  # for everybody else there is no such page
    answers: frozenset[int] = frozenset({200})  # of those who may


PUBLIC, SIGNED_IN = Rule(open=True), Rule()
OPEN_TO_VIEW, POST_ONLY = Rule(open=True, permission=Permission.VIEW), Rule(open=True, post_only=True)
STAFF = Rule(open=True, staff=True)  # not even a sign-in for strangers
ADMIN = ("iam_user", "projects_project", "projects_membership", "datalake_publicdownload")
# Nobody in these tests holds a token, so that a lake's pages ask for a new sign-in.
LAKE = Rule(answers=frozenset({403}))
SESSION = Rule(permission=Permission.NOTEBOOK, owner="member", answers=frozenset({200, 302}))


def public(*answers: int) -> Rule:
    return Rule(open=True, answers=frozenset(answers))


# What is public has its page, the rest a sign-in whether it is there or not.
LAKE_FOR_ALL = public(200, 302, 403, 404, 503)

# The same pages for a person and for the leads of a project.
WEBHOOK_PAGES = ("index", "new", "show", "edit", "delivery")
WEBHOOK_ACTS = ("secret", "test", "switch", "delete", "restore", "again", "delivery-again")

BASKET_ACTS = ("items", "edit", "choose", "clear", "delete", "share", "revoke", "target-link")

API_READS = ("me", "baskets", "basket", "basket-current", "data", "data-files")
FOR_PROGRAMS = Rule(open=True, for_programs=True, answers=frozenset({401}))
FOR_PROGRAMS_POST = Rule(open=True, for_programs=True, post_only=True, answers=frozenset({401}))

RULES = {
    **{f"webhooks:{name}": SIGNED_IN if name in ("index", "new") else Rule(answers=frozenset({404})) for name in WEBHOOK_PAGES},
    **{f"webhooks:{name}": Rule(post_only=True, answers=frozenset({404})) for name in WEBHOOK_ACTS},
    **{f"project-webhooks:{name}": Rule(permission=Permission.MANAGE) for name in WEBHOOK_PAGES},
    **{f"project-webhooks:{name}": Rule(permission=Permission.MANAGE, post_only=True) for name in WEBHOOK_ACTS},
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    "status-json": PUBLIC,
    "status": PUBLIC,
    "robots": PUBLIC,
    "sitemap-index": PUBLIC,
    "sitemap": public(200, 404),
    "theme": POST_ONLY,
    "account_login": PUBLIC,
    "account_logout": POST_ONLY,
    "sign_in_failed": public(302, 403),
    "signed_out": public(302),
    "openid_connect_callback": public(302, 403),
    "backchannel_logout": Rule(open=True, post_only=True, signed=True),
    "documentation:index": PUBLIC,
    "documentation:page": public(200, 404),
    "documentation:picture": public(200, 404),
    "documentation:about": PUBLIC,
    "policies:terms": PUBLIC,
    "policies:privacy": PUBLIC,
    "policies:acceptable-use": PUBLIC,
    "policies:accept": SIGNED_IN,
    "policies:security-txt": PUBLIC,
    "iam:me": SIGNED_IN,
    "iam:sessions": SIGNED_IN,
    "iam:identities": SIGNED_IN,
    "iam:export": SIGNED_IN,
    "iam:erase": SIGNED_IN,
    "kept:words": Rule(answers=frozenset({404})),
    "allowances:index": SIGNED_IN,
    "allowances:part": SIGNED_IN,
    "recent:index": SIGNED_IN,
    "recent:latest": SIGNED_IN,
    "recent:clear": Rule(post_only=True),
    "recent:switch": Rule(post_only=True),
    "personal_tokens:index": SIGNED_IN,
    "personal_tokens:new": Rule(answers=frozenset({200, 302})),  # needs a recent sign-in
    "personal_tokens:revoke": Rule(answers=frozenset({404})),  # nobody there has one
    **{f"api:{name}": Rule(open=True, for_programs=True) for name in ("openapi-json", "api-root")},
    "api:unknown": Rule(open=True, for_programs=True, answers=frozenset({404})),
    **{f"api:{name}": FOR_PROGRAMS for name in API_READS},
    **{f"api:{name}": FOR_PROGRAMS_POST for name in ("basket-items", "basket-current-items", "basket-item")},
    "esap-profiles": FOR_PROGRAMS,
    "stored:tokens": SIGNED_IN,
    "stored:delete": Rule(post_only=True),
    "iam:activity": SIGNED_IN,
    "iam:welcome": Rule(answers=frozenset({302})),
    "audit:entries": Rule(staff=True),
    "admin:index": STAFF,
    "admin:app_list": STAFF,
    "admin:jsi18n": STAFF,
    "admin:iam_user_sessions": STAFF,
    **{f"admin:{model}_{page}": STAFF for model in ADMIN for page in ("changelist", "change", "history")},
    "projects:mine": SIGNED_IN,
    "requests:latest": SIGNED_IN,
    "landing:home": PUBLIC,
    "landing:runs": PUBLIC,
    "landing:sites": PUBLIC,
    "landing:references": PUBLIC,
    "banners:index": Rule(staff=True),
    "banners:new": Rule(staff=True),
    "banners:edit": Rule(staff=True),
    "banners:end": Rule(staff=True, post_only=True),
    "banners:dismiss": POST_ONLY,
    "banners:shown": public(200, 204),
    "stop-switches:index": Rule(staff=True),
    "stop-switches:edit": Rule(staff=True),
    "stop-switches:off": Rule(staff=True, post_only=True),
    "site-texts:index": Rule(staff=True),
    "site-texts:edit": Rule(staff=True),
    "site-texts:history": Rule(staff=True),
    "site-texts:restore": Rule(staff=True, post_only=True),
    "notices_mail:settings": SIGNED_IN,
    "notices_mail:change": Rule(post_only=True, answers=frozenset({404})),
    "notices_mail:queue": Rule(staff=True),
    "notices_mail:unsubscribe": Rule(open=True, signed_link=True, answers=frozenset({404})),
    "news:index": PUBLIC,
    "news:feed": PUBLIC,
    "news:item": PUBLIC,
    "news:picture": PUBLIC,
    "news:new": Rule(staff=True),
    "news:edit": Rule(staff=True),
    "news:delete": Rule(staff=True, post_only=True),
    "news:restore": Rule(staff=True, post_only=True),
    "project-news:index": OPEN_TO_VIEW,
    "project-news:feed": Rule(open=True, permission=Permission.VIEW, answers=frozenset({200, 404})),  # of public projects alone
    "project-news:recent": OPEN_TO_VIEW,
    "project-news:new": Rule(permission=Permission.EDIT),
    "project-news:edit": Rule(permission=Permission.EDIT),
    "project-news:delete": Rule(permission=Permission.EDIT, post_only=True),
    "project-news:restore": Rule(permission=Permission.EDIT, post_only=True),
    "projects:dashboard": SIGNED_IN,
    "search:index": PUBLIC,
    "search:complete": PUBLIC,
    "search:store": Rule(post_only=True, answers=frozenset({400})),
    "search:delete": Rule(post_only=True, answers=frozenset({302})),
    "search:rename": Rule(post_only=True, answers=frozenset({302})),
    "search:clear": Rule(post_only=True, answers=frozenset({302})),
    "search:saved": Rule(answers=frozenset({302, 404})),
    "search:state": Rule(staff=True),
    "projects:dashboard-attention": SIGNED_IN,
    "projects:dashboard-health": SIGNED_IN,
    "projects:dashboard-staff": Rule(staff=True),
    "projects:index": PUBLIC,
    "projects:choose": SIGNED_IN,
    "projects:resource-add": Rule(post_only=True),
    "projects:detail": OPEN_TO_VIEW,
    "start:new": SIGNED_IN,
    "start:address": SIGNED_IN,
    "start:repository": Rule(post_only=True, answers=frozenset({400})),
    "start:repository-state": Rule(answers=frozenset({404})),
    "lifecycle:page": Rule(permission=Permission.MANAGE),
    "lifecycle:archive": Rule(permission=Permission.MANAGE, post_only=True),
    "lifecycle:restore": Rule(permission=Permission.MANAGE, post_only=True),
    "lifecycle:offer": Rule(permission=Permission.MANAGE, post_only=True),
    "lifecycle:transfer": Rule(permission=Permission.VIEW, answers=frozenset({404})),
    "lifecycle:delete": Rule(permission=Permission.MANAGE),
    "projects:people": OPEN_TO_VIEW,
    "projects:people-rule": Rule(permission=Permission.PEOPLE),
    "projects:people-change": Rule(permission=Permission.PEOPLE),
    "projects:people-add": Rule(permission=Permission.PEOPLE, post_only=True),
    "projects:people-undo": Rule(permission=Permission.PEOPLE, post_only=True),
    "projects:people-leave": Rule(permission=Permission.VIEW, post_only=True),
    "projects:invitations": Rule(permission=Permission.PEOPLE),
    "projects:invitation-revoke": Rule(permission=Permission.PEOPLE, post_only=True),
    "projects:invitation": public(200, 404),
    "requests:join": Rule(permission=Permission.VIEW, answers=frozenset({200, 302})),
    "requests:state": Rule(permission=Permission.VIEW),
    "requests:index": SIGNED_IN,
    "requests:request": Rule(answers=frozenset({200, 404})),
    "requests:comment": Rule(post_only=True, answers=frozenset({404})),
    "requests:answer": Rule(post_only=True, answers=frozenset({404})),
    "requests:withdraw": Rule(post_only=True, answers=frozenset({404})),
    "requests:former-access-request": Rule(answers=frozenset({404})),
    "requests:choose": SIGNED_IN,
    "requests:new": Rule(answers=frozenset({200, 302, 404})),
    "requests:answers": Rule(staff=True),
    "requests:delete-answer": Rule(staff=True, post_only=True),
    "requests:present": Rule(answers=frozenset({404})),
    "requests:attachment": Rule(answers=frozenset({404})),
    "requests:assign": Rule(post_only=True, answers=frozenset({404})),
    "requests:due": Rule(post_only=True, answers=frozenset({404})),
    "requests:lock": Rule(post_only=True, answers=frozenset({404})),
    "requests:retry": Rule(post_only=True, answers=frozenset({404})),
    "requests:done": Rule(post_only=True, answers=frozenset({404})),
    "onboarding:index": PUBLIC,
    "onboarding:new": SIGNED_IN,
    # One's own alone: the tests of the wall have none.
    "onboarding:continue": Rule(answers=frozenset({404})),
    "onboarding:step": Rule(answers=frozenset({404})),
    "onboarding:matches": Rule(post_only=True, answers=frozenset({404})),
    "onboarding:review": Rule(answers=frozenset({404})),
    "onboarding:example": Rule(post_only=True, answers=frozenset({404})),
    "onboarding:again": Rule(post_only=True, answers=frozenset({404})),
    "onboarding:delete": Rule(post_only=True, answers=frozenset({404})),
    # Of a public project, too, a plan is for its people: the others get 404.
    "plan:plan": Rule(permission=Permission.VIEW, answers=frozenset({200, 404})),
    "plan:progress": Rule(permission=Permission.VIEW, answers=frozenset({200, 404})),
    "plan:share": Rule(permission=Permission.PEOPLE, post_only=True),
    "plan:unshare": Rule(permission=Permission.PEOPLE, post_only=True),
    "plan:item": Rule(permission=Permission.EDIT),
    "plan:tick": Rule(permission=Permission.EDIT, post_only=True),
    "plan:move": Rule(permission=Permission.EDIT, post_only=True),
    "plan:remove": Rule(permission=Permission.EDIT, post_only=True),
    "plan-shared": public(404),
    "baskets:detail": PUBLIC,
    "baskets:button": public(404),  # asked with the name of a thing
    "baskets:add": Rule(open=True, post_only=True, answers=frozenset({302})),
    "baskets:remove": Rule(open=True, post_only=True, answers=frozenset({302})),
    "baskets:shared": public(404),
    "baskets:shared-copy": Rule(open=True, post_only=True, answers=frozenset({404})),
    "baskets:shared-target": public(404),
    "baskets:current-target": public(200, 404),
    "baskets:targets": Rule(answers=frozenset({404})),
    "baskets:target": Rule(answers=frozenset({404})),
    "baskets:launch": Rule(answers=frozenset({404})),
    "baskets:dataset": Rule(answers=frozenset({404})),
    "baskets:dataset-space": Rule(answers=frozenset({404})),
    "baskets:dataset-choose": Rule(answers=frozenset({404})),
    "baskets:basket": Rule(answers=frozenset({404})),
    "baskets:note": Rule(answers=frozenset({404})),
    "baskets:undo": Rule(post_only=True, answers=frozenset({302})),
    "baskets:new": SIGNED_IN,
    "baskets:manage": Rule(answers=frozenset({404})),
    **{f"baskets:{name}": Rule(post_only=True, answers=frozenset({404})) for name in BASKET_ACTS},
    "profiles:directory": PUBLIC,
    "profiles:person": public(200, 404),
    "profiles:edit": SIGNED_IN,
    "projects:settings": Rule(permission=Permission.EDIT),
    "projects:visibility": Rule(permission=Permission.MANAGE),
    "projects:visibility-undo": Rule(permission=Permission.MANAGE, post_only=True),
    "projects:embargo": Rule(permission=Permission.MANAGE),
    "projects:picture-change": Rule(permission=Permission.EDIT),
    "projects:cite": OPEN_TO_VIEW,
    "projects:cite-file": Rule(open=True, permission=Permission.VIEW, answers=frozenset({200, 404})),  # 404: no such style
    "projects:data": OPEN_TO_VIEW,
    "projects:scope-data": OPEN_TO_VIEW,
    "projects:software": OPEN_TO_VIEW,
    "projects:results": OPEN_TO_VIEW,
    "projects:picture": OPEN_TO_VIEW,
    "projects:references": OPEN_TO_VIEW,
    "projects:references-add": Rule(permission=Permission.EDIT, post_only=True),
    "projects:references-undo": Rule(permission=Permission.EDIT, post_only=True),
    "projects:references-find": Rule(permission=Permission.EDIT, answers=frozenset({302})),
    "projects:reference": Rule(permission=Permission.EDIT),
    "projects:reference-move": Rule(permission=Permission.EDIT, post_only=True),
    "projects:resource-remove": Rule(permission=Permission.EDIT, post_only=True),
    "activity:index": OPEN_TO_VIEW,
    "activity:personal-feed": public(404),
    "notices:index": SIGNED_IN,
    "notices:notice": Rule(answers=frozenset({302, 404})),
    "notices:mark": Rule(post_only=True, answers=frozenset({302})),
    "notices:undo": Rule(post_only=True, answers=frozenset({302})),
    "notices:unread": SIGNED_IN,
    "notices:settings": SIGNED_IN,
    "notices:feed-renew": Rule(post_only=True, answers=frozenset({302})),
    "notices:feed-revoke": Rule(post_only=True, answers=frozenset({302})),
    "notices:follow": Rule(answers=frozenset({200, 404})),
    "notices:following": SIGNED_IN,
    "notices:unfollow": Rule(post_only=True, answers=frozenset({302})),
    "notices:follow-again": Rule(post_only=True, answers=frozenset({302})),
    "notices:feed": public(404),
    "activity:feed": Rule(open=True, permission=Permission.VIEW, answers=frozenset({200, 404})),  # of public projects alone
    "workflows:index": OPEN_TO_VIEW,
    "notebook-pages:index": OPEN_TO_VIEW,
    "notebook-pages:show": OPEN_TO_VIEW,
    "notebook-pages:picture": OPEN_TO_VIEW,
    "notebook-pages:compute": Rule(permission=Permission.LAUNCH, post_only=True),
    "notebook-pages:new": Rule(permission=Permission.EDIT),
    "notebook-pages:edit": Rule(permission=Permission.EDIT),
    "notebook-pages:update": Rule(permission=Permission.EDIT, post_only=True),
    "notebook-pages:remove": Rule(permission=Permission.EDIT, post_only=True),
    "results:show": OPEN_TO_VIEW,
    "results:cite": OPEN_TO_VIEW,
    "results:uses": OPEN_TO_VIEW,
    "results:present": Rule(
        permission=Permission.LAUNCH, answers=frozenset({302, 422})
    ),  # there is a result: to its form, which wants a title
    "results:best": Rule(permission=Permission.EDIT),
    "results:edit": Rule(permission=Permission.LAUNCH),
    "results:withdraw": Rule(permission=Permission.LAUNCH),
    "results:delete": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows-mine": SIGNED_IN,
    "workflows-runs": SIGNED_IN,
    "workflows-many": Rule(post_only=True),
    "workflows:describe": Rule(permission=Permission.LAUNCH),
    "workflows-use": SIGNED_IN,
    "workflows-add": Rule(answers=frozenset({200, 404})),
    "workflows:compare": OPEN_TO_VIEW,
    "workflows:recent": OPEN_TO_VIEW,
    "workflows:launch": Rule(permission=Permission.LAUNCH),
    "workflows:launch-values": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows:launch-inputs": Rule(permission=Permission.LAUNCH, answers=frozenset({200, 404})),
    "workflows:launch-upload": Rule(permission=Permission.LAUNCH, post_only=True, answers=frozenset({200, 404})),
    "workflows:launch-before": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows:launch-server-checks": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows:launch-templates": Rule(permission=Permission.LAUNCH),
    "workflows:launch-template": Rule(permission=Permission.LAUNCH, post_only=True, answers=frozenset({302, 404})),
    "workflows:hints": Rule(permission=Permission.EDIT),
    "workflows:badge": OPEN_TO_VIEW,
    # Of public projects alone: caches keep it.
    "workflows:badge-drawing": Rule(open=True, permission=Permission.VIEW, answers=frozenset({200, 404})),
    "workflows:run": OPEN_TO_VIEW,
    "workflows:log": OPEN_TO_VIEW,
    "workflows:specification": OPEN_TO_VIEW,
    "workflows:versions": OPEN_TO_VIEW,
    "workflows:versions-compare": OPEN_TO_VIEW,
    "workflows:versions-show": Rule(open=True, permission=Permission.VIEW, answers=frozenset({200, 404})),
    "workflows:versions-file": Rule(open=True, permission=Permission.VIEW, answers=frozenset({404})),  # without a path
    "workflows:enter": Rule(permission=Permission.EDIT),
    "workflows:entry": Rule(permission=Permission.EDIT),
    "workflows:entry-choose": Rule(permission=Permission.EDIT, post_only=True),
    "workflows:entry-discard": Rule(permission=Permission.EDIT, post_only=True),
    "workflows:version-restore": Rule(permission=Permission.EDIT, post_only=True),
    "workflows:specification-edit": Rule(permission=Permission.EDIT),
    "workflows:specification-upload": Rule(permission=Permission.EDIT),
    **{
        f"workflows:specification-{act}": Rule(permission=Permission.EDIT, post_only=True)
        for act in ("update", "another", "read-again", "archive", "delete")
    },
    "workflows:earlier": Rule(permission=Permission.PUBLISH),
    "workflows:publish": Rule(permission=Permission.LAUNCH),
    "workflows:unpublish": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows:delete": Rule(permission=Permission.LAUNCH),
    "workflows:again": Rule(permission=Permission.LAUNCH),
    "workflows:continue": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows:log-fetch": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows:list-files": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows:folders": OPEN_TO_VIEW,
    "workflows:files-archive": OPEN_TO_VIEW,
    "workflows:file-preview": OPEN_TO_VIEW,
    "workflows:file-thumbnail": OPEN_TO_VIEW,
    "workflows:stop": Rule(permission=Permission.LAUNCH, post_only=True),
    "workflows:keep": Rule(permission=Permission.KEEP),
    "workflows:keeps": OPEN_TO_VIEW,
    "workflows:file": OPEN_TO_VIEW,
    "workflows:file-by-name": OPEN_TO_VIEW,
    "workflows:files": OPEN_TO_VIEW,
    "workflows:inputs": OPEN_TO_VIEW,
    "workflows:copy-files": Rule(permission=Permission.LAUNCH, post_only=True),
    "notebooks:index": OPEN_TO_VIEW,
    "notebooks:open": Rule(permission=Permission.NOTEBOOK, post_only=True),
    "notebooks:new": Rule(permission=Permission.NOTEBOOK),
    "notebooks:settings-delete": Rule(permission=Permission.NOTEBOOK, post_only=True, answers=frozenset({404})),  # of other settings
    "notebooks:session": SESSION,
    "notebooks:lab": SESSION,
    "notebooks:sign-in": SESSION,
    "notebooks:stop": Rule(permission=Permission.NOTEBOOK, owner="member", post_only=True),
    "notebooks:renew": Rule(permission=Permission.NOTEBOOK, owner="member", post_only=True),
    "notebooks-start": Rule(answers=frozenset({200, 302})),  # with one project only, its start page
    "notebooks-all": Rule(staff=True),
    "notebooks-staff-stop": Rule(staff=True, post_only=True),
    "notebooks-return": Rule(answers=frozenset({404})),
    "notebooks-mine": SIGNED_IN,
    "notebooks-recent": SIGNED_IN,
    "uploads-recent": SIGNED_IN,
    "notebooks-may-start": Rule(open=True, post_only=True, signed=True),
    "notebooks-use": Rule(answers=frozenset({404})),  # the address has to name data
    "datalake:index": public(200, 302),
    # From the index: what is public for everybody, the rest for those whom the lake knows.
    "datalake:lake": PUBLIC,
    "datalake:live": LAKE,
    "lake_index:complete": PUBLIC,
    "lake_index:compare": LAKE,
    "lake_index:naming": PUBLIC,
    "lake_index:name-check": SIGNED_IN,
    "lake_index:problems": PUBLIC,
    "lake_index:keep": Rule(post_only=True),
    "lake_index:delete": Rule(post_only=True),
    "lake_index:undo": Rule(post_only=True),
    "datalake:did": LAKE_FOR_ALL,
    "datalake:download": LAKE_FOR_ALL,
    "datalake:direct": LAKE,
    "datalake:preview": LAKE_FOR_ALL,
    "datalake:metadata": LAKE,
    "datalake:zip": LAKE_FOR_ALL,
    "datalake:metalink": LAKE_FOR_ALL,
    "datalake:rule": LAKE,
    "datalake:stuck-rules": SIGNED_IN,  # a part of the dashboard, which says in words why it lists nothing
    "datalake:rses": LAKE,
    "datalake:rse": LAKE,
    "lake_access:index": SIGNED_IN,
    "lake_access:scope": Rule(answers=frozenset({200, 404})),
    "lake_access:end": Rule(post_only=True, answers=frozenset({404})),
    "lake_uploads:upload": LAKE,
    "lake_uploads:uploads": SIGNED_IN,
    "lake_uploads:room": SIGNED_IN,
    "lake_uploads:check": Rule(post_only=True, answers=frozenset({400})),
    "lake_uploads:files": Rule(answers=frozenset({405, 412})),
    "lake_uploads:file": Rule(answers=frozenset({405, 412})),
    "lake_uploads:cancel": Rule(post_only=True, answers=frozenset({404})),
    "lake_uploads:again": Rule(post_only=True, answers=frozenset({404})),
    "datalake:rules": LAKE,
    "lake_acts:make-available": LAKE,
    "lake_acts:ask": Rule(post_only=True, answers=frozenset({302})),
    "lake_acts:rule-act": Rule(post_only=True, answers=frozenset({404})),
    "lake_acts:create": LAKE,
    "lake_acts:change": LAKE,
    "lake_acts:press": Rule(post_only=True, answers=frozenset({404})),
    "lake_acts:usage": LAKE,
    "lake_acts:subscriptions": LAKE,
    "lake_acts:why-rule": LAKE,
    "lake_acts:why": LAKE,
    "lake_acts:acts": SIGNED_IN,
    "lake_acts:act": Rule(answers=frozenset({404})),
    "lake_acts:again": Rule(post_only=True, answers=frozenset({404})),
    "lake_acts:cancel": Rule(post_only=True, answers=frozenset({404})),
    "environments:index": PUBLIC,
    **{f"environments:{name}": public(404) for name in ("entry", "versions", "uses", "tests")},
    "environments:new": Rule(staff=True),
    "environments:edit": Rule(staff=True, answers=frozenset({404})),
    "environments:test": Rule(staff=True, post_only=True),
    "environments:ask-registry": Rule(staff=True, post_only=True),
    "software:index": PUBLIC,
    "software:by-doi": public(404),
    "software:entry": public(404),
    "software:cite": public(404),
    "software:uses": public(404),
}


def routes(patterns: list[Any] | None = None, prefix: str = "", taken: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of every route and the arguments that it takes; a route without a name is an error."""
    for item in get_resolver().url_patterns if patterns is None else patterns:
        arguments = (*taken, *item.pattern.converters)
        if isinstance(item, URLResolver):
            namespace = f"{prefix}{item.namespace}:" if item.namespace else prefix
            yield from routes(item.url_patterns, namespace, arguments)
        elif isinstance(item, URLPattern):
            assert item.name, f"{prefix}{item.pattern} has no name"
            yield f"{prefix}{item.name}", arguments


def expected(rule: Rule, visitor: str, *, public: bool, post: bool = False) -> frozenset[int]:
    """The statuses with which a visitor may be answered; 302 of a stranger is checked to lead to the sign-in."""
    if visitor == "anonymous" and not rule.open:
        return frozenset({302})
    if rule.post_only and not post:
        return frozenset({405})
    if rule.staff and visitor != "admin":
        return frozenset({404})
    if rule.permission is None:
        return rule.answers
    granted = GRANTED.get(visitor, frozenset()) | ({Permission.VIEW} if public else frozenset())
    if Permission.VIEW not in granted:
        return frozenset({404})
    if rule.permission not in granted:
        return frozenset({403})
    return frozenset({404}) if rule.owner and rule.owner != visitor else rule.answers
