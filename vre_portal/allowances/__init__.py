"""What a person may use: space, runs, sessions and other things with a limit; each application says its part."""
