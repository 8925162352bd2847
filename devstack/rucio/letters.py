"""The letters that Rucio writes about rules that need approval: it fails where their templates are missing."""

from pathlib import Path

NOTE = "This is a letter of a demonstration: nothing sends it.\n"
LETTERS = {
    "rule_approval_request": "$account asks for a rule on $scope:$name ($bytes) at $rse_expression, until $expires_at: $comment\n",
    "rule_approved_user": "$approver approved your rule on $scope:$name at $rse_expression.\n",
    "rule_approved_admin": "$approver approved rule $rule_id.\n",
    "rule_denied_user": "$approver denied your rule on $scope:$name at $rse_expression: $reason\n",
    "rule_denied_admin": "$approver denied rule $rule_id: $reason\n",
}


def write(folder: Path) -> None:
    """Write all templates."""
    for name, text in LETTERS.items():
        (folder / f"{name}.tmpl").write_text(text + NOTE)
