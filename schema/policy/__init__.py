"""What the graph tells of policies: rules, explanations, drafts, impact."""
