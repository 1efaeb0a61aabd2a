"""The HTTP side: the GraphQL endpoint, the browser's pages, health and metrics."""
