"""Settings for all tests."""

import signal

from hypothesis import settings

# A loaded machine must not fail a test: how long an example takes is measured in bench, not here.
settings.register_profile("fanfare", deadline=None)
settings.load_profile("fanfare")

# Who starts the suite in the background of a script has SIGINT ignored, and so have the programs that are tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
