"""The stack's mail server: takes all mail over SMTP, sends none on, and has a page to read it."""
