"""Git repositories that people name: fetched by a job in a child process, kept as a snapshot of one commit, and read by several features."""
