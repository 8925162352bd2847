"""The stack's receiver of webhooks: takes every message, and has a page to read them."""
