"""Notices by e-mail: at once or once a day, one mail for all that waits; see docs/notices.md."""
