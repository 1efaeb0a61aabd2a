"""What every part of the schema is built with: context, ids, scalars, texts, costs."""
