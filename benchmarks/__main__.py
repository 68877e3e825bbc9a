"""`python -m benchmarks [NAME ...]`: measure, print, and with no names write docs/performance.md."""

import sys
from collections.abc import Callable

from benchmarks import (
    boxes,
    clinic,
    dashboard,
    doorbell,
    growth,
    latency,
    loop,
    menu,
    million,
    page,
    replay,
    screens,
    texting,
    urgent,
    workers,
)
from lab.pbx import Pbx

SECONDS = 60.0
REPLAYED = 2000
"""Copies of five calls each."""
SAMPLED = 5000
MARKS = (10_000, 50_000, 100_000)
MILLION, MILLION_STEP = 1_000_000, 100_000


def measure_latency() -> str:
    """Hang-up to request."""
    return page.latency(latency.measure(seconds=SECONDS))


def measure_filter() -> str:
    """With and without the event filter."""
    with Pbx() as pbx:
        for name, filtered in (("narrow", True), ("wide", False)):
            clinic.add_account(pbx, name, filtered=filtered)
        on, off = (latency.service_round(pbx, name, SECONDS / 2) for name in ("narrow", "wide"))
        return page.event_filter(on, off)


def measure_replay() -> str:
    """Recordings."""
    return page.replay([replay.measure(copies=REPLAYED, filtered=filtered) for filtered in (True, False)])


def measure_loop() -> str:
    """The whole loop, and memory."""
    return page.loop(loop.measure(MARKS), loop.parts(SAMPLED), SAMPLED)


def measure_million() -> str:
    """Memory over a million calls."""
    marks = tuple(range(MILLION_STEP, MILLION + 1, MILLION_STEP))

    def told(mark: million.Mark) -> None:
        print(mark, file=sys.stderr, flush=True)

    listening = million.listen(marks, tell=told)
    return million.page(million.measure(marks, tell=told), listening)


def measure_menu() -> str:
    """Callers in the menu."""
    return menu.page(menu.measure())


def measure_urgent() -> str:
    """Urgent callers."""
    return urgent.page(urgent.measure())


def measure_growth() -> str:
    """Cost of a call against what is stored."""
    return growth.page(growth.measure(), drawn=True)


def measure_growth_on_a_server() -> str:
    """The same on PostgreSQL."""
    return growth.page(growth.measure(kind=growth.SERVER), kind=growth.SERVER, drawn=True)


def measure_workers() -> str:
    """One, two and four gateways."""
    return workers.page(workers.measure(), drawn=True)


def measure_boxes() -> str:
    """One, ten and fifty site boxes."""
    return boxes.page(boxes.measure(), drawn=True)


def measure_doorbell() -> str:
    """With a broker, without, and where none is needed."""
    return doorbell.page(doorbell.measure())


def measure_dashboard() -> str:
    """Pages of figures at a million episodes."""
    return dashboard.page(dashboard.measure())


def measure_screens() -> str:
    """Every other page at a million episodes, and 200 open screens."""
    return screens.page(screens.measure())


def measure_texting() -> str:
    """Texts a second."""
    return texting.page(texting.measure())


ROWS: dict[str, Callable[[], str]] = {
    "latency": measure_latency,
    "filter": measure_filter,
    "replay": measure_replay,
    "loop": measure_loop,
    "million": measure_million,
    "growth": measure_growth,
    "growth-server": measure_growth_on_a_server,
    "workers": measure_workers,
    "boxes": measure_boxes,
    "doorbell": measure_doorbell,
    "menu": measure_menu,
    "urgent": measure_urgent,
    "dashboard": measure_dashboard,
    "screens": measure_screens,
    "texting": measure_texting,
    "storm": texting.storm,
}


def main(names: list[str]) -> None:
    """Measure what was asked for; all of it is written to the page."""
    unknown = set(names) - ROWS.keys()
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    sections = [page.head()]
    for name in names or ROWS:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        sections.append(ROWS[name]())
        print(sections[-1], flush=True)
    if not names:
        page.PAGE.write_text("\n".join(sections))


if __name__ == "__main__":
    main(sys.argv[1:])
