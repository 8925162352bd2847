"""Banners: announcements of staff at the top of every page, from and until a time, for everybody or for some."""
