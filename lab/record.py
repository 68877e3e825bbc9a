"""Record what Asterisk says while a scenario is played, for tests that need no PBX.

    python -m lab.record [SCENARIO ...]

Writes tests/recordings/SCENARIO.ami and the list of what must be made of them, expected.json. Most are
taken without the dialplan's chatter (see conf/manager.conf); a few are kept whole, to show how it looks.
"""

import argparse
import json
from pathlib import Path

from lab.pbx import Pbx
from lab.scenarios import CATALOGUE, Scenario, perform
from lab.tap import Tap

RECORDINGS = Path(__file__).parents[1] / "tests/recordings"
EXPECTED = RECORDINGS / "expected.json"
KEPT_WHOLE = frozenset(
    {"answered_directly", "rang_out", "queue_abandoned", "voicemail_with_message", "screen_accepted"}
)


def record(pbx: Pbx, played: Scenario) -> bytes:
    """Play one scenario and give the bytes that came, banner included."""
    account = "recorder" if played.name in KEPT_WHOLE else "recorder-compact"
    with Tap(pbx, account) as tap:
        perform(pbx, played, tap)
        return tap.received


def save(played: Scenario, received: bytes) -> Path:
    """Write one recording."""
    RECORDINGS.mkdir(parents=True, exist_ok=True)
    path = RECORDINGS / f"{played.name}.ami"
    path.write_bytes(received)
    return path


def save_expected() -> None:
    """Write what must be made of every recording that exists, in the catalogue's order."""
    recorded = [played for played in CATALOGUE.values() if (RECORDINGS / f"{played.name}.ami").exists()]
    lines = ",\n".join(json.dumps(played.as_json()) for played in recorded)
    EXPECTED.write_text(f"[\n{lines}\n]\n")


def main() -> None:
    """Record the scenarios named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scenario", nargs="*", help="one of: " + ", ".join(CATALOGUE))
    wanted = parser.parse_args().scenario or list(CATALOGUE)
    with Pbx() as pbx:
        for name in wanted:
            received = record(pbx, CATALOGUE[name])
            print(f"{name}: {len(received)} bytes in {save(CATALOGUE[name], received)}", flush=True)
    save_expected()


if __name__ == "__main__":
    main()
