"""Texts of the portal that staff edit in the browser: what is on the start page and on the pages about the portal."""
