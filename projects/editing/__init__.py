"""The text, the picture and the visibility of a project, changed by its leads."""
