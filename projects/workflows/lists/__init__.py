"""Lists of runs: of a project, of a person, of all that somebody may see."""
