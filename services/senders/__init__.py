"""Callers of the API, and what they are held to."""
