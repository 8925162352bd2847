"""From draft to public, and the end of a project: archived, handed over to another lead, deleted."""
