"""The terminal's side of Fanfare in Python."""
