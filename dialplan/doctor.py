"""The context that `secondring doctor` calls: Asterisk itself answers whether our dialplan works."""

from dialplan.render import template

CONTEXT = "secondring-doctor"
ENTRIES = ("offer", "hours", "urgent")
"""Extensions of the context `secondring` that an administrator points destinations at."""


def render_doctor() -> str:
    """Goes into extensions.conf after `render_dialplan`'s contexts, which it calls."""
    return template("doctor.conf.j2").render(entries=ENTRIES)
