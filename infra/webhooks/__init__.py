"""Webhooks: events, signed, to whoever wants to be told, on one machine and on AWS."""
