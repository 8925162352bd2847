"""The child process that fetches one repository: without secrets, without Django, and with limits on time, memory, bytes and files."""
