"""Record what Asterisk says while a scenario is played, for tests that need no PBX.

    python -m lab.record [--shape freepbx] [SCENARIO ...]

Writes tests/recordings/SCENARIO.ami, beside it what the PBX's own records held of the same run (.cdr.csv, .cel.csv,
.queue_log), and the list of what must be made of them, expected.json; those of the
FreePBX shape go into tests/recordings/freepbx. Most are
taken without the dialplan's chatter (see conf/manager.conf); a few are kept whole, to show how it looks.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from lab.pbx import Pbx
from lab.records import Kept
from lab.scenarios import CATALOGUE, FREEPBX, Scenario, perform
from lab.tap import Tap

RECORDINGS = Path(__file__).parents[1] / "tests/recordings"
CATALOGUES = {"clinic": (CATALOGUE, RECORDINGS), "freepbx": (FREEPBX, RECORDINGS / "freepbx")}
"""What is played on which shape of PBX, and where its recordings are."""
KEPT_WHOLE = frozenset(
    {"answered_directly", "rang_out", "queue_abandoned", "voicemail_with_message", "screen_accepted"}
)


def record(pbx: Pbx, played: Scenario) -> bytes:
    """Play one scenario and give the bytes that came, banner included."""
    account = "recorder" if played.name in KEPT_WHOLE else "recorder-compact"
    with Tap(pbx, account) as tap:
        perform(pbx, played, tap)
        return tap.received


def save(place: Path, played: Scenario, received: bytes) -> Path:
    """Write one recording."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{played.name}.ami"
    path.write_bytes(received)
    return path


def save_expected(catalogue: Mapping[str, Scenario], place: Path) -> None:
    """Write what must be made of every recording that exists, in the catalogue's order."""
    recorded = [played for played in catalogue.values() if (place / f"{played.name}.ami").exists()]
    lines = ",\n".join(json.dumps(played.as_json()) for played in recorded)
    (place / "expected.json").write_text(f"[\n{lines}\n]\n")


def main() -> None:
    """Record the scenarios named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shape", choices=CATALOGUES, default="clinic", help="what kind of PBX")
    parser.add_argument("scenario", nargs="*", help="the names of functions in lab/scenarios; all if none")
    said = parser.parse_args()
    catalogue, place = CATALOGUES[said.shape]
    with Pbx(shape=said.shape) as pbx:
        for name in said.scenario or catalogue:
            with Kept(pbx) as kept:
                received = record(pbx, catalogue[name])
            kept.save(place, name)
            print(f"{name}: {len(received)} bytes in {save(place, catalogue[name], received)}", flush=True)
    save_expected(catalogue, place)


if __name__ == "__main__":
    main()
