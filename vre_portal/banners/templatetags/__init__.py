"""Template tags of the banners."""
