"""The Lambda functions: one small module each, whose `handler` Lambda calls. What they do is in `services`."""
