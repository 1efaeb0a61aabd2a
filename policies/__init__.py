"""The policy engine: what a region allows, read from YAML that a policy officer edits.

The way through the modules: `reader` (YAML with places and no surprises) → `vocabulary`, `conditions`, `outcomes`,
`service` (the language) → `tree` (all of `regions/`) → `inheritance` (what holds where and when) → `program`
(conditions for the rule engine) → `engine` (durable-rules, wrapped once) → `decide` (the decision).
"""
