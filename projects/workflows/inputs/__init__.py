"""What a run reads: from the Data Lake, from other runs, from a person's computer."""
