"""What a rule does when it applies: one module for each outcome, behind one protocol (`outcome`), in one table (`table`)."""
