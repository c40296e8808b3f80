"""What the service takes of AWS: the figures of docs/operations-aws.md, which `operations` measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.cost.spending import Spent

COUNTED: Final[Mapping[str, Spent]] = {
    # DynamoDB: write units, read units, calls; requests to SQS and to @connections; posts that are waited for.
    "connect": Spent(6, 7, 7, 0, 0, 0),
    "connect_counted_alone": Spent(12, 2, 3, 0, 0, 0),
    "connect_counted_with_others": Spent(4.24, 2, 0.05, 0, 0, 0),
    "disconnect": Spent(6, 0, 2, 0, 0, 0),
    "disconnect_counted_alone": Spent(14, 2, 4, 0, 0, 0),
    "disconnect_counted_with_others": Spent(6.24, 2, 0.13, 0, 0, 0),
    "resume_for_the_first_time": Spent(1, 1, 2, 0, 1, 1),
    "resume": Spent(1, 11, 12, 0, 1, 1),
    "refresh": Spent(6, 8, 8, 0, 0, 0),
    "ping": Spent(1, 1, 2, 0, 1, 1),
    "acknowledge": Spent(5, 3, 5, 0, 0, 0),
    "acknowledge_unasked": Spent(1, 2, 3, 0, 0, 0),
    "acknowledge_for_user": Spent(7, 4, 6, 0, 0, 0),
    "timer": Spent(2, 1, 3, 3, 0, 0),
    "request": Spent(0, 2, 1, 0, 0, 0),
    "push_to_user": Spent(9, 7.5, 12, 3, 1, 1),
    "push_to_user_with_key": Spent(11, 8.5, 13, 3, 1, 1),
    "push_to_user_with_receipts": Spent(10, 7.5, 13, 3, 1, 1),
    "push_to_user_repeated": Spent(0, 2, 2, 0, 0, 0),
    "push_to_team": Spent(9, 14, 11, 3, 50, 1),
    "push_to_team_with_receipts": Spent(59, 14, 13, 3, 50, 1),
    "push_in_waves": Spent(34, 40, 47, 12, 50, 2),
    "wave": Spent(18, 22, 30, 9, 0, 1),
    "counted_for_forecast": Spent(0, 146, 2, 0, 0, 0),
    "push_counted_alone": Spent(2, 0, 1, 0, 0, 0),
    "acknowledgement_counted_alone": Spent(2, 0, 1, 0, 0, 0),
    "lost_terminal": Spent(6, 0, 2, 0, 0, 0),
    "broadcast": Spent(9, 22, 27, 3, 0, 1),
    "broadcast_to_few": Spent(9, 156, 29, 3, 1_000, 2),
    "deliveries": Spent(0.2, 144.2, 4.4, 0, 1_000, 2),
    "handover": Spent(1, 3, 4, 3, 0, 0),
    "sweep": Spent(0, 71, 1, 0, 0, 0),
    "overdue": Spent(0, 1.5, 1, 0, 0, 0),
    "sample": Spent(1, 2, 4, 0, 0, 0),
    "sample_not_due": Spent(0, 0.5, 1, 0, 0, 0),
}
