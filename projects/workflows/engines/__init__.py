"""What the four engines understand of a specification, read apart from the portal."""
