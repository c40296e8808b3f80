"""What the service takes of AWS: the figures of docs/operations-aws.md, which `operations` measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.cost.spending import Spent

COUNTED: Final[Mapping[str, Spent]] = {
    # DynamoDB: write units, read units, calls; requests to SQS and to @connections; posts that are waited for.
    "connect": Spent(6, 7, 7, 0, 0, 0),
    "connect_counted_alone": Spent(10, 2, 3, 0, 0, 0),
    "connect_counted_with_others": Spent(4.18, 2, 0.05, 0, 0, 0),
    "disconnect": Spent(6, 0, 2, 0, 0, 0),
    "disconnect_counted_alone": Spent(10, 2, 3, 0, 0, 0),
    "disconnect_counted_with_others": Spent(4.18, 2, 0.05, 0, 0, 0),
    "resume_for_the_first_time": Spent(1, 1, 2, 0, 1, 1),
    "resume": Spent(1, 11, 12, 0, 1, 1),
    "refresh": Spent(6, 8, 8, 0, 0, 0),
    "ping": Spent(1, 1, 2, 0, 1, 1),
    "acknowledge": Spent(5, 3, 5, 0, 0, 0),
    "acknowledge_unasked": Spent(1, 2, 3, 0, 0, 0),
    "request": Spent(0, 2, 1, 0, 0, 0),
    "push_to_user": Spent(9, 6.5, 11, 3, 1, 1),
    "push_to_user_with_key": Spent(11, 7.5, 12, 3, 1, 1),
    "push_to_user_with_receipts": Spent(10, 6.5, 12, 3, 1, 1),
    "push_to_user_repeated": Spent(0, 3.5, 4, 0, 0, 0),
    "push_to_team": Spent(9, 13, 10, 3, 50, 1),
    "push_to_team_with_receipts": Spent(59, 13, 12, 3, 50, 1),
    "lost_terminal": Spent(6, 0, 2, 0, 0, 0),
    "broadcast": Spent(9, 21, 26, 3, 0, 1),
    "broadcast_to_few": Spent(9, 155, 28, 3, 1_000, 2),
    "deliveries": Spent(0.2, 144.2, 4.4, 0, 1_000, 2),
    "handover": Spent(1, 3, 4, 3, 0, 0),
    "sweep": Spent(0, 71, 1, 0, 0, 0),
}
