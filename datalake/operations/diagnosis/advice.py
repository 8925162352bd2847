"""What the causes of a diagnosis say alike: whose rule it is, what its owner can do, and what helps with a lost file."""

from django.utils.translation import gettext as _

from datalake.operations.diagnosis.facts import OWNER, YOU, DiagnosisFacts

RETRY = "retry-rule"


def lost_file_advice() -> str:
    return _(
        "If you have the file, tell the owner of the data. The file must be restored, or the copy declared bad so that Rucio uses "
        "another one. Retry only after that."
    )


def restore_advice() -> str:
    return _("Ask the owner of the data whether the file can be restored.")


def owned(facts: DiagnosisFacts) -> bool:
    return facts.rule is not None and facts.rule.account == facts.account != ""


def own_acts(facts: DiagnosisFacts, *names: str) -> tuple[str, ...]:
    """Buttons for the rule's owner only: Rucio would refuse them to others."""
    return names if owned(facts) else ()


def yours(facts: DiagnosisFacts) -> str:
    """YOU where the rule is the reader's own, else OWNER."""
    return YOU if owned(facts) else OWNER
