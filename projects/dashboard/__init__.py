"""The dashboard: what waits for a person, their projects, and parts that the features fill."""
