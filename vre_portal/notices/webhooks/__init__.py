"""Webhooks: events as signed messages to addresses that people give, for the programs of a project or of a person (Standard Webhooks)."""
