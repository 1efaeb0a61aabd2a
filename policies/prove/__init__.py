"""What nobody can have meant: gaps between bands, and bindings that a child loosens."""
