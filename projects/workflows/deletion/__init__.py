"""Deleting a run: its workspace at REANA, the run in the portal, or both."""
