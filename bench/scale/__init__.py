"""A push to a registry of a million connections: the adapters for AWS against simulators with AWS's limits."""
