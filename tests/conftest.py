"""Settings for all tests."""

from hypothesis import settings

# A loaded machine must not fail a test: how long an example takes is measured in bench, not here.
settings.register_profile("fanfare", deadline=None)
settings.load_profile("fanfare")
