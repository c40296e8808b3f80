"""Strategies: when a push is sent, how fast, to whom next, and what becomes of those who are away."""
