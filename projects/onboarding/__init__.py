"""The way from an idea to a project: needs, what already exists for them, and the plan for the rest."""
