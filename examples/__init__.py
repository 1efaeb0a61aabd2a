"""Programs of those who build on the graph. Each is a recipe that has the graph alone, and is run by a test."""
