"""The fast sender of `@connections`: what the wiring needs of it."""

from infra.aws.sender.budget import Budget
from infra.aws.sender.endpoint import GatewayUnavailable
from infra.aws.sender.pool import Limits
from infra.aws.sender.sender import Sender

__all__ = ["Budget", "GatewayUnavailable", "Limits", "Sender"]
