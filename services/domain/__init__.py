"""What Fanfare knows without doing anything: pure rules and values, no I/O, standard library only."""
