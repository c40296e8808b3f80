"""Strategies that pushes go by name: those built in, and those that people keep."""
