"""Beginning a project: from nothing, from a template, from another project or from a git repository."""
