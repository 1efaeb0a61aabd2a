"""One repository for each kind of value: they take and return values and never let a table row out."""
