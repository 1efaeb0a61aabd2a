"""Two versions of the files: what is written otherwise, and whose decisions change."""
