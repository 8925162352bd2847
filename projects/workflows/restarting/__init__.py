"""Continuing a failed run from the step that failed, in the same workspace at REANA."""
