"""The forms of the wizard: one for each step, the review, and those of a plan."""
