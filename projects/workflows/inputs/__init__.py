"""Data of the Data Lake in a run: which files and copies they are, how they come to where it computes, and that they are there in time."""
