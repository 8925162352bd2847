"""Webhooks of projects: what members may know goes to addresses that leads enter."""
