"""Settings for all tests."""

import os
import signal

from hypothesis import settings

# A loaded machine must not fail a test: how long an example takes is measured in bench, not here. Each run tries other
# examples, so that few are enough for one; FANFARE_EXAMPLES for more.
settings.register_profile("fanfare", deadline=None, max_examples=int(os.environ.get("FANFARE_EXAMPLES", "50")))
settings.load_profile("fanfare")

# Who starts the suite in the background of a script has SIGINT ignored, and so have the programs that are tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
