"""Whole logs: fetched from REANA when somebody asks, stored for some hours, read page by page."""
