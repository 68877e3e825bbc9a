"""The drawings of docs/performance.md: the dashboard's own, with a style inside for a page that has none."""

from collections.abc import Sequence
from pathlib import Path

from secondring.web.dashboard.charts import Point, scale, trend

FOLDER = Path(__file__).parents[1] / "docs/images"
STYLE = (
    "<style>svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#4a5560}.grid{stroke:#dfe4e8}"
    ".trend{fill:none;stroke:#0b6e63;stroke-width:2}.point,.now{fill:#0b6e63}"
    ".target{stroke:#b3541e;stroke-dasharray:4 3}.target-name{fill:#b3541e}</style>"
)


def draw(
    name: str,
    title: str,
    unit: str,
    values: Sequence[tuple[str, float]],
    target: tuple[float, str] | None = None,
) -> str:
    """Draw values from left to right into docs/images; gives the line that shows it on a page."""
    points = [Point(where, value, f"{value:.3g} {unit}".strip()) for where, value in values]
    least = target[0] if target else 0
    drawing = str(trend(name, title, points, scale(points, unit, least=least), target))
    (FOLDER / f"{name}.svg").write_text(drawing.replace(">", f">{STYLE}", 1))
    return f"![{title}](images/{name}.svg)\n"
