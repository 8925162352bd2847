"""Requests that people make about a project, such as to join it, with their answers."""
