"""Uploads from a browser to a Data Lake: received in parts, checked, moved, and only then registered."""
