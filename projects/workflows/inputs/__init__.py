"""What a run reads: from the Data Lake, from other runs, from a person's computer; and how it comes to where the run computes, in time."""
