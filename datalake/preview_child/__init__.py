"""Reads one hostile file in a process of its own: `python -m datalake.preview_child KIND TRUNCATED < file > JSON`."""
