"""One index of everything that can be found, with its audience: features register their sources, people search at /search/."""
