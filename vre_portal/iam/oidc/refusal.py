"""What an IAM's error codes mean, in words for the person; the IAM's own text about them is never shown, for anybody can write an address."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.services import Service

# RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6.
MEANING = {
    "server_error": gettext_lazy(
        "%(iam)s had an internal error. Try again in a few minutes; if it persists, contact the administrators of the IAM."
    ),
    "temporarily_unavailable": gettext_lazy("%(iam)s is overloaded or under maintenance. Try again in a few minutes."),
    "login_required": gettext_lazy("%(iam)s requires you to sign in there first. Try again."),
    "interaction_required": gettext_lazy("%(iam)s needs an answer from you first. Try again, and answer its questions."),
    "consent_required": gettext_lazy("%(iam)s needs your consent. Try again, and agree to what it asks."),
    "account_selection_required": gettext_lazy("%(iam)s needs to know which of your accounts to use. Try again, and choose one."),
    "registration_not_supported": gettext_lazy("%(iam)s does not register new people this way. Register there first."),
    "unauthorized_client": gettext_lazy("%(iam)s does not allow this portal to sign people in. Contact the administrators of the portal."),
    "invalid_client": gettext_lazy("%(iam)s does not accept this portal's own credentials. Contact the administrators of the portal."),
    "invalid_scope": gettext_lazy("%(iam)s does not grant this portal the scope that it needs. Contact the administrators of the portal."),
    "invalid_request": gettext_lazy("%(iam)s did not understand the request of this portal. Contact the administrators of the portal."),
    "unsupported_response_type": gettext_lazy(
        "%(iam)s does not support the way in which this portal signs people in. Contact the administrators of the portal."
    ),
    "unsupported_grant_type": gettext_lazy(
        "%(iam)s does not support the request of this portal. Contact the administrators of the portal."
    ),
    "invalid_target": gettext_lazy(
        "%(iam)s does not know the service for which a token was requested. Contact the administrators of the portal."
    ),
    "request_not_supported": gettext_lazy("%(iam)s does not support the request of this portal. Contact the administrators of the portal."),
    "invalid_grant": gettext_lazy("%(iam)s no longer accepts this sign-in: it took too long, or was used before. Start again."),
}


def meaning(iam_title: str, code: str) -> str:
    """A sentence for an error code; for an unknown code a general one, without the IAM's text."""
    if code in MEANING:
        explanation = str(MEANING[code]) % {"iam": iam_title}
        return _("%(explanation)s (Error code: %(code)s)") % {"explanation": explanation, "code": code}
    return _(
        "%(iam)s refused with an error that this portal does not know. Start again; if it happens again, send support the reference below."
    ) % {"iam": iam_title}


def gave_no_token(iam: Service, code: str) -> str:
    """The message for an answer of a token endpoint that holds no token."""
    return meaning(iam.title, code) if code in MEANING else _("%(iam)s issued no token.") % {"iam": iam.title}
