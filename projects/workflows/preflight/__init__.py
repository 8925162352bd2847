"""What is looked at before a launch: on its page, at the press, and by the job before the run starts."""
