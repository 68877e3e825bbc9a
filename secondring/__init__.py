"""Second Ring: catches the calls a clinic's front desk misses and wins every caller back. The map:

domain/      the product: what happened, what it means, what follows; no I/O, no clock, no async
             `calls` judges calls · `routing` decides · `answers` carries out replies · `episodes` ends them
store/       the books: SQLAlchemy, Alembic, encryption, and the same in memory for tests
bus/         the doorbell: "look now", never the only word of it
listening    facts in, committed calls out          timers    windows, silent links, reminders
writer       the one thread that writes             running   parts that live and die together
wiring       builds every part from the settings    service   joins them: `secondring run`
cli/         the command line

The doors stand beside this folder: `ami_listener` hears the PBX, `sms_gateway` talks to carriers,
`dialplan` renders Asterisk's files, `config` reads YAML. `lab` is a PBX in a box for demo and tests.
"""

import sys

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
"""httpx's own command line, which it would load along with rich, click and pygments: 3 MB that nobody here uses. It
does without, as where those are not installed. Here, because nothing of ours is loaded before this.
"""
