"""Who belongs to a project: rules, what they would change, and the changes."""
