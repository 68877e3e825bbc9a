"""The context that `secondring doctor` calls: Asterisk itself answers whether our dialplan works."""

from dialplan.render import template

CONTEXT = "secondring-doctor"
ENTRIES = ("offer", "hours", "urgent")
"""Extensions of the context `secondring` that an administrator points destinations at."""


def entries_in(dialplan: str) -> tuple[str, ...]:
    """Which of them a rendered dialplan has."""
    return tuple(entry for entry in ENTRIES if f"\nexten => {entry},1," in dialplan)


def render_doctor(dialplan: str) -> str:
    """Goes into extensions.conf after `render_dialplan`'s contexts, which it calls."""
    return template("doctor.conf.j2").render(entries=entries_in(dialplan))
