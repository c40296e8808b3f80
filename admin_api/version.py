"""Which version of Fanfare this is. A package of a Lambda function has no metadata to look it up in."""

VERSION = "0.1.0"
"""The same as in pyproject.toml, which a test holds it to."""
