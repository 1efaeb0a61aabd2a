"""One way of every change: who asks, about what, which facts, what is decided, what comes of it."""
