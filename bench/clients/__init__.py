"""Programs that post to `@connections` as fast as they can on one core; `bench.sender` runs each by turns."""
