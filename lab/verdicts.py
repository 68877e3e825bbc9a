"""docs/verdicts.md: what real calls look like on the wire, and what is made of them.

    pytest tests/pbx/test_scenarios.py && python -m lab.verdicts

The test of each scenario leaves what it saw in pytest's cache; this only writes it down.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from lab.scenarios import CATALOGUE, THEMES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/verdicts.md"
CACHE_KEY = "secondring/verdicts"
CACHE = ROOT / ".pytest_cache/v" / CACHE_KEY

HEADING = """# Verdicts

What real phones on a real Asterisk {version} put on the manager interface, as the least-privilege account
sees it, and what Second Ring makes of it. Made by `pytest tests/pbx/test_scenarios.py && python -m lab.verdicts`
from that run's results; every row is a recording in `tests/recordings/`. `c` is the caller's channel,
`o` any other phone, `L` half of a Local channel. How many of these runs the PBX's own records (CDR, CEL, queue_log)
judge alike, and what each cannot tell: [records](records.md).
"""


def compact(events: Iterable[Mapping[str, str]]) -> str:
    """Say in one line which events came, in order."""
    said = [word for word in (_word(event) for event in events) if word]
    groups = ((word, len(list(same))) for word, same in itertools.groupby(said))
    return " · ".join(word if times == 1 else f"{word} ×{times}" for word, times in groups)


WORDS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "Newchannel": lambda event: "c rings" if _who(event["Channel"]) == "c" else "",
    "Newstate": lambda event: "c up" if _is_caller_up(event) else "",
    "DialBegin": lambda event: f"dial {_who(event['DestChannel'])}",
    "DialEnd": lambda event: f"{_who(event['DestChannel'])} {event['DialStatus']}",
    "BridgeEnter": lambda event: f"{_who(event['Channel'])} in {_bridge(event)}",
    "BridgeLeave": lambda event: f"{_who(event['Channel'])} out of {_bridge(event)}",
    "Hangup": lambda event: f"{_who(event['Channel'])} hangs up {event['Cause']}",
    "VarSet": lambda event: f"{event['Variable']}={event['Value']}",
    "Newexten": lambda event: f"{_who(event['Channel'])} runs {event['Application']}",
    "FullyBooted": lambda _: "",
    "LocalBridge": lambda _: "",
}
"""How an event is said; one that is not here says its name."""


def _word(event: Mapping[str, str]) -> str:
    say = WORDS.get(event["Event"])
    return say(event) if say else event["Event"]


def _is_caller_up(event: Mapping[str, str]) -> bool:
    return _who(event["Channel"]) == "c" and event["ChannelStateDesc"] == "Up"


def _who(channel: str) -> str:
    if channel.startswith("Local/"):
        return "L"
    return "c" if channel.startswith("PJSIP/carrier") else "o"


def _bridge(event: Mapping[str, str]) -> str:
    kind = event["BridgeType"]
    return "bridge" if kind == "basic" else f"{kind} bridge"


def page(results: Mapping[str, Mapping[str, str]]) -> str:
    """Write the whole page."""
    version = next(iter(results.values()))["asterisk"]
    parts = [HEADING.format(version=version)]
    for theme in THEMES:
        rows = [_row(name, results[name]) for name in results if CATALOGUE[name].theme == theme]
        if rows:
            parts += [
                f"\n## {theme}\n",
                "| scenario | on the wire | verdict | reason | detail |",
                "|---|---|---|---|---|",
            ]
            parts += rows
    return "\n".join(parts) + "\n"


def _row(name: str, seen: Mapping[str, str]) -> str:
    story = CATALOGUE[name].story
    return f"| **{name}**: {story} | {seen['events']} | {seen['verdict']} | {seen['reason']} | {seen['detail']} |"


def results() -> dict[str, dict[str, str]]:
    """Read what the last test run saw, in the catalogue's order."""
    found = {name: CACHE / name for name in CATALOGUE}
    return {name: json.loads(path.read_text()) for name, path in found.items() if path.exists()}


if __name__ == "__main__":
    seen = results()
    if not seen:
        raise SystemExit("no results yet: pytest tests/pbx/test_scenarios.py")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(seen))
    print(f"{PAGE.relative_to(ROOT)}: {len(seen)} of {len(CATALOGUE)} scenarios")
