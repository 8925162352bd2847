"""The start page and the pages about the portal as a whole: its sites, its runs of this month, its references."""
