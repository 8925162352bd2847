"""Notices: what happened, to the people whom it concerns. Applications register kinds and report events; each person chooses how to be told."""
