"""Reads one hostile file in a process of its own: `python -m datalake.files.preview_child KIND TRUNCATED < file > JSON`."""
