"""The ways in which a call can end, where each is dialled, and what must be made of it."""

from dataclasses import dataclass

from secondring.domain.verdict import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One kind of call. Its name also names the caller's script (`sip.py`)."""

    name: str
    did: str
    desk: str
    """Which of the clinic's phones it rings; empty: none."""
    seconds: float
    """How long the caller stays: ringing, waiting, listening or talking."""
    share: int
    """How many of a hundred calls."""
    verdict: Verdict
    reason: Reason | None = None


ENDINGS = (
    Ending(
        name="rings-out",
        did="2025550191",
        desk="rings",
        seconds=2,
        share=20,
        verdict=Verdict.MISSED,
        reason=Reason.NO_ANSWER,
    ),
    Ending(
        name="gives-up",
        did="2025550192",
        desk="rings",
        seconds=1.5,
        share=20,
        verdict=Verdict.MISSED,
        reason=Reason.NO_ANSWER,
    ),
    Ending(
        name="busy",
        did="2025550193",
        desk="busy",
        seconds=0,
        share=10,
        verdict=Verdict.MISSED,
        reason=Reason.BUSY,
    ),
    Ending(name="talks", did="2025550194", desk="answers", seconds=3, share=20, verdict=Verdict.ANSWERED),
    Ending(
        name="leaves-queue",
        did="2025550195",
        desk="rings",
        seconds=3,
        share=15,
        verdict=Verdict.MISSED,
        reason=Reason.ABANDONED,
    ),
    Ending(
        name="leaves-menu",
        did="2025550196",
        desk="",
        seconds=2,
        share=15,
        verdict=Verdict.MISSED,
        reason=Reason.IVR_HANGUP,
    ),
)
DIDS = tuple(ending.did for ending in ENDINGS)


def shares(calls: int) -> dict[Ending, int]:
    """How many of so many calls end in each way: at least one of each, where there are enough."""
    counts = {ending: max(1, calls * ending.share // 100) for ending in ENDINGS}
    counts[ENDINGS[0]] += calls - sum(counts.values())
    return {ending: count for ending, count in counts.items() if count > 0}
