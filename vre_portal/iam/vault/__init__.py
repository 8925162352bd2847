"""The vault: people's access tokens, one for each service; nobody else may hold one. `access.py` tells the whole way to a token."""

from vre_portal.iam.errors import SignInAgain, sign_in_again
from vre_portal.iam.vault.access import access_token, another_token
from vre_portal.iam.vault.group_refresh import ask_for_groups
from vre_portal.iam.vault.requirements import require_sign_in, require_token
from vre_portal.iam.vault.retirement import expire_tokens_and_groups, forget_sign_in, retire, store_sign_in
from vre_portal.iam.vault.token_rows import SIGN_IN

__all__ = [
    "SIGN_IN",
    "SignInAgain",
    "access_token",
    "another_token",
    "ask_for_groups",
    "expire_tokens_and_groups",
    "forget_sign_in",
    "require_sign_in",
    "require_token",
    "retire",
    "sign_in_again",
    "store_sign_in",
]
