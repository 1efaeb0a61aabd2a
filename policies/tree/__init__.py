"""All of `regions/`, read, checked and merged from the nation down, and read again after an edit."""
