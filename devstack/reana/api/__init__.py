"""REANA's REST API, by what it is about."""
