"""Fanfare measured beside what people would use instead. Run it with `python -m bench`; see README.md."""
