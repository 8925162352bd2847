"""What happened in a project, newest first."""
