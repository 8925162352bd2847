"""Notebook pages: parameters as a form, and beside it the notebook as REANA executed it with these values."""
