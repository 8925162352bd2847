"""References of a project: pasting, listing, describing and ordering what it binds together."""
