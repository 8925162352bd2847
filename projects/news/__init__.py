"""News: written by staff for the portal and by the editors of a project for it, with Atom feeds."""
