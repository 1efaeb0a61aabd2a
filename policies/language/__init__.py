"""What can be said: words, types, settings, conditions, outcomes, services, and how children inherit them."""
