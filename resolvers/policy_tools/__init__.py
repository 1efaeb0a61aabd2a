"""The officers' tools over the graph: explanations, drafts, impact."""
