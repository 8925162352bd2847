"""The files of a run as people browse them: folders, patterns, previews, and several in one zip."""
