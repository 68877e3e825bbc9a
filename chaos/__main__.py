"""`python -m chaos`: see `--help`."""

import argparse
import signal
import sys
import time
from pathlib import Path

from chaos import report
from chaos.run import SHAPES, Wanted, run
from secondring.domain.errors import SecondRingError

ABOUT = """\
Breaks everything at random while real calls come in, and then checks that no caller was lost and none texted twice.

A real Asterisk takes real SIP calls (sipp) that end in six ways, each from a fictional number of its own. Meanwhile
services are killed, stopped and frozen, Asterisk is restarted and killed, the manager link is cut and stalled, the
database locked, its disk filled, the clock of our processes stepped, and the carrier goes down, breaks, dawdles and
loses answers: which, when and how long is drawn from the seed. When the last caller is off the line and everything is
mended, it waits until all work is done, and holds three books against each other, call by call: what the callers saw,
what Second Ring keeps, what the carrier took.
"""
AFTER = """\
exit code: 0 the ledger balances; 1 it does not, and each mismatch is listed; 2 it could not be run
examples:
  scripts/chaos                                     300 calls, 15 faults, about two minutes
  scripts/chaos --calls 2000 --faults 50 --seed 7   the full run, about seven minutes
  scripts/chaos --away 600 --rate 2                 nobody listens for ten minutes of traffic
  scripts/chaos --only 'kill secondring' --only 'carrier forgetful' --keep /tmp/look-here
Everything stays on this machine's loopback. The same seed gives the same plan; what happens is up to the machine.
"""


CALLS = 300
BESIDE = 30.0
"""Seconds of calls before and after the time in which nobody listens."""


def main() -> int:
    """Run it, and say how it went."""
    parser = argparse.ArgumentParser(
        prog="scripts/chaos",
        description=ABOUT,
        epilog=AFTER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--shape", choices=sorted(SHAPES), default="one", help="how Second Ring is put up")
    parser.add_argument("--seed", type=int, default=1, help="of the plan (default 1)")
    parser.add_argument("--calls", type=int, help="how many (default 300, or for 30 s more than --away)")
    parser.add_argument("--faults", type=int, default=15, help="how many (default 15)")
    parser.add_argument("--rate", type=float, default=6.0, help="calls a second (default 6)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="FAULT", help="only this kind; repeatable"
    )
    parser.add_argument(
        "--away",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="break nothing, but stop the service for so long while calls go on",
    )
    parser.add_argument(
        "--patience", type=float, default=300.0, help="seconds for all work to end (default 300)"
    )
    parser.add_argument("--keep", type=Path, help="a new folder for logs, books and journals, which stays")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    chosen = parser.parse_args()
    wanted = Wanted(
        shape=chosen.shape,
        seed=chosen.seed,
        calls=chosen.calls or (round((chosen.away + BESIDE) * chosen.rate) if chosen.away else CALLS),
        faults=chosen.faults,
        rate=chosen.rate,
        patience=chosen.patience,
        only=tuple(chosen.only),
        away=chosen.away,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # everything is put away then, as after Ctrl-C
    began, say = time.monotonic(), _silently if chosen.quiet else _aloud
    try:
        result = run(wanted, say, chosen.keep)
    except (OSError, RuntimeError, SecondRingError) as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2
    print(report.for_programs(result) if chosen.json else report.for_people(result))
    say(f"took {time.monotonic() - began:.0f} s")
    return 0 if result.passed else 1


def _aloud(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _silently(words: str) -> None:
    """Say nothing."""


if __name__ == "__main__":
    sys.exit(main())
