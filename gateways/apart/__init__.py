"""Work done in processes of its own, with limits on time and memory, so that nobody waits for it who did not ask for it."""
