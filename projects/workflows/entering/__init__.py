"""How a specification enters a project in the browser: fetched, read by a job, shown, and saved as a version."""
