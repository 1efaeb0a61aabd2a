"""What holds on a day, and one decision: rules on durable-rules, facts, evidence, history."""
