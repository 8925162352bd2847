"""What has to be right about mail in the settings before the portal starts."""

from email.headerregistry import AddressHeader
from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from vre_portal.notices.mail.addresses import is_set_up


@register()
def sender_is_one_mailbox(**_options: Any) -> list[Error]:
    """EMAIL_FROM is one address, perhaps with a name: with any other every mail would fail, or be sent for somebody else."""
    sender = settings.MAIL_FROM
    found = AddressHeader.value_parser(sender)  # type: ignore[attr-defined]  # the parser of the header itself, as Django uses it
    is_one = [item[0].token_type for item in found.addresses] == ["mailbox"] and bool(found.mailboxes[0].domain) and not found.all_defects
    if not is_set_up() or (is_one and sender.isprintable()):
        return []
    hint = "Quote a name that has a comma or another special letter."  # untranslated: for operators
    words = f"EMAIL_FROM is {sender!r}; it has to be one address, such as: VRE portal <portal@example.org>."  # untranslated: for operators
    return [Error(words, hint=hint, id="notices_mail.E001")]
