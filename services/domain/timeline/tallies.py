"""What the slices of a push came to, summed up by stage: whether all is sent, and whether it went badly."""

from __future__ import annotations

from dataclasses import dataclass

from services.domain.pushes import CLOCK_SKEW_S, IN_FLIGHT_BOUND_S, JobKind, Progress, Push, SliceTally
from services.domain.strategies.strategy import HaltIf
from services.domain.timeline import stages


@dataclass(slots=True)
class _Sum:
    found: int = 0
    sent: int = 0
    gone: int = 0
    under_way: bool = False


class Tallies:
    """The slices of a push as they are at `now_s`."""

    def __init__(self, push: Push, progress: Progress, now_s: float) -> None:
        self._push = push
        self._progress = progress
        self._sums: dict[tuple[JobKind, str], _Sum] = {}
        self.found = 0
        """How many were found by all slices, those that are sent again included."""
        self.reached = 0
        """How many were found for the first time."""
        self.parts_left = 0
        self.parts = 0
        for tally in progress.slices:
            self._add(tally, now_s)

    def _add(self, tally: SliceTally, now_s: float) -> None:
        self.parts += tally.parts
        self.parts_left += tally.parts_left
        if tally.kind == "recall":
            return
        total = self._sums.setdefault((tally.kind, tally.stage), _Sum())
        counts = tally.counts
        total.found += counts.targeted
        total.sent += counts.sent
        total.gone += counts.gone
        # A part that stands still for longer than it may be under way was given up, or is tried again by others.
        stands_still = now_s - tally.moved_at_s > IN_FLIGHT_BOUND_S + CLOCK_SKEW_S
        total.under_way |= tally.parts_left > 0 and not stands_still
        self.found += counts.targeted
        if tally.kind == "deliver":
            self.reached += counts.targeted

    @property
    def under_way(self) -> bool:
        """Whether any slice is still being sent, for the first time or again."""
        return any(total.under_way for total in self._sums.values())

    def is_under_way(self, stage: str) -> bool:
        """Whether a slice of a stage is still being sent for the first time."""
        total = self._sums.get(("deliver", stage))
        return total is not None and total.under_way

    def found_in(self, stage: str) -> int:
        """How many terminals the slices of a stage found."""
        total = self._sums.get(("deliver", stage))
        return 0 if total is None else total.found

    def confirmed(self, stage: str | None = None) -> int:
        """How many of a stage, or of all, have answered: acknowledged what is needed, failed or recalled."""
        told = self._progress.told
        asked = told.values() if stage is None else (told[stage],) if stage in told else ()
        received = self._push.strategy.ack_need == "received"
        return sum(
            counts.read + counts.failed + counts.recalled + (counts.received if received else 0) for counts in asked
        )

    def fault(self, waved_through: tuple[int, ...]) -> tuple[int, str] | None:
        """The wave (its index) that went too badly, and how, in words; those that a person let go on are not asked."""
        for wave, asked in enumerate(self._push.strategy.stages):
            if asked.halt_if is not None and wave not in waved_through:
                found = self._fault_of(wave, asked.halt_if)
                if found is not None:
                    return wave, found
        return None

    def _fault_of(self, wave: int, halt_if: HaltIf) -> str | None:
        sent = gone = failed = 0
        for (kind, stage), total in self._sums.items():
            if kind == "deliver" and _is_of(stage, wave):
                sent += total.sent
                gone += total.gone
        for stage, counts in self._progress.told.items():
            if _is_of(stage, wave):
                failed += counts.failed
        tried = sent + gone
        if tried < halt_if.at_least:
            return None
        for name, limit, part, whole in (
            ("failed_over", halt_if.failed_over, failed, sent),
            ("gone_over", halt_if.gone_over, gone, tried),
        ):
            if limit is not None and whole > 0 and part / whole > limit:
                return f"{name} {limit:g}: {part} of {whole} in wave {wave + 1}"
        return None


def _is_of(stage: str, wave: int) -> bool:
    """Whether a stage is in a wave, whatever its lane."""
    return stage.partition("/")[0] == stages.stage_id(wave, "")
