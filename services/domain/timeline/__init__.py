"""The timeline of a push: what is to be done with it, and when. Pure: it reads no clock and writes nothing."""
