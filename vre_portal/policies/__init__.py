"""Terms, privacy and acceptable use: read by everybody, accepted once per version by who works here."""
