"""Profiles: what people choose to show of themselves, and the directory in which others find them."""
