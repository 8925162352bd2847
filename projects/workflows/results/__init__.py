"""Results: finished runs presented with words, people and numbers, cited, and withdrawn."""
