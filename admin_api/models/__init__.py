"""The forms of requests and answers, by resource: what the OpenAPI document says of them.

Requests are checked against them; of a target, a message and a strategy only the services know all the rules.
"""
