"""The REST API: endpoints parse, call a service, and answer. What happens is decided in `services`."""
