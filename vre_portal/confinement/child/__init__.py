"""What runs in the confined process, with the Python of another environment: the standard library alone."""
