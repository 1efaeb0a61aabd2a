"""What edits files: JSON Schemas for editors, one form for files, the first files of a region."""
