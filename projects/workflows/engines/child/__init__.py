"""Programs of the engines' own Python that read one kind of workflow each: run in confinement, imported by nobody in the portal."""
