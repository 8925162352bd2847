"""Rucio policy package of the local stack: an account owns what it made."""

SUPPORTED_VERSION = [">=41", "<42"]
