"""Programs of the floor that are run confined."""
