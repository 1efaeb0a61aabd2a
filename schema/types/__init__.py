"""Types that several services share: nodes, decisions, inputs, errors."""
