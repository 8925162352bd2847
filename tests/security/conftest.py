"""The lying issuer of the identity tests and the bad hub of the notebook tests, for the proofs in this folder, too."""

from tests.iam.conftest import iam, issuer, rucio, two, visitor, with_tokens
from tests.notebooks.conftest import bad_hub, make_session, project, use_hub

__all__ = ["bad_hub", "iam", "issuer", "make_session", "project", "rucio", "two", "use_hub", "visitor", "with_tokens"]
