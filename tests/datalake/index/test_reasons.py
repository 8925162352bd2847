"""Why a name is not in the index, in words that people can read."""

from datalake.index.halving import reason_of
from vre_portal.http import RemoteRefused


def test_the_reason_says_what_is_wrong_with_the_name() -> None:
    refusal = RemoteRefused(
        "The lake refused: Problem validating dids: 'hash#1' does not match '^[/A-Za-z0-9]*$' Failed validating 'pattern' in s..."
    )
    assert reason_of(refusal) == "Rucio's rule for names does not allow “hash#1”, so Rucio gives no further information about it."
    assert reason_of(RemoteRefused("The lake refused: no such scope")) == "The lake refused: no such scope"
