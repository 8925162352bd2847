"""What an IAM's error codes mean, in words for the person; the IAM's own text about them is never shown, for anybody can write an address."""

from vre_portal.services import Service

OPERATORS = "Please tell the people who run this portal."
# RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6; what follows the IAM's name.
MEANING = {
    "server_error": "had an error of its own. Try again in a few minutes; if it goes on, tell the people who run the identity service.",
    "temporarily_unavailable": "is overloaded or under maintenance. Try again in a few minutes.",
    "login_required": "wants you to sign in there first. Try again.",
    "interaction_required": "wants to ask you something first. Try again, and answer its questions.",
    "consent_required": "needs your consent. Try again, and agree to what it asks.",
    "account_selection_required": "needs to know which of your accounts you mean. Try again, and choose one.",
    "registration_not_supported": "does not register new people this way. Register there first.",
    "unauthorized_client": f"does not allow this portal to sign people in. {OPERATORS}",
    "invalid_client": f"does not accept this portal's own credentials. {OPERATORS}",
    "invalid_scope": f"does not give this portal what it asks for (scope). {OPERATORS}",
    "invalid_request": f"did not understand what this portal asked. {OPERATORS}",
    "unsupported_response_type": f"does not support the way in which this portal signs people in. {OPERATORS}",
    "unsupported_grant_type": f"does not support what this portal asked for. {OPERATORS}",
    "invalid_target": f"does not know the service that a token was asked for. {OPERATORS}",
    "request_not_supported": f"does not support what this portal asked for. {OPERATORS}",
    "invalid_grant": "no longer accepts this sign-in: it took too long, or was used before. Start again.",
}


def meaning(iam_title: str, code: str) -> str:
    """A sentence for an error code; one that no standard knows is told as such, without its text."""
    if code in MEANING:
        return f"{iam_title} {MEANING[code]} (Its answer: {code}.)"
    return (
        f"{iam_title} refused, with an error that this portal does not know. Start again; if it goes on, tell support the reference below."
    )


def gave_no_token(iam: Service, code: str) -> str:
    """The same for an answer that should have been a token."""
    return meaning(iam.title, code) if code in MEANING else f"{iam.title} gave no token."
