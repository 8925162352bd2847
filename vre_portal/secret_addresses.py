"""Addresses that hold a secret, such as an invitation's: what is logged of them does not."""

import re

_SECRET = re.compile(r"(/invitations/|%2Finvitations%2F)[A-Za-z0-9_-]+", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with each secret in an address replaced by dots."""
    return _SECRET.sub(r"\1...", text)
