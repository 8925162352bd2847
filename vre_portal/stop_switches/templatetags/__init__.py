"""Template tags of the stop switches."""
