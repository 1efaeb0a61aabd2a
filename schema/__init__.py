"""The GraphQL contract: types, inputs, payloads and the context that resolvers are given.

Each service has a module of its own name, as in `regions/`, `resolvers/` and `tests/`.
"""
