"""Inputs, payloads and mutations, one module for each service."""
