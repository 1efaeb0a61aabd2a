"""The schema's history, one module a step; applied in order and never edited once released."""
