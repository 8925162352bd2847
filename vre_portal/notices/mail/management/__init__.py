"""Commands of notices by e-mail."""
