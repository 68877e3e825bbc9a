"""Every command there is: the module that it is in, and the line that `secondring --help` tells of it.

Said here once more, so that help needs none of the modules and a service loads only its own: all of them together take
two seconds and 50 MB. A test holds the lines against what the commands say of themselves.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, or a group of commands."""

    module: str
    """Below `secondring.cli`; its `register` adds the command to an application."""
    line: str
    hidden: bool = False


CONTENTS: dict[str, Entry] = {
    "run": Entry(
        "services",
        "Everything in one process: listen to the PBX, text callers back, route their replies, serve the pages.",
    ),
    "listen": Entry(
        "services",
        "Only the side of the PBX: hear calls, catch up from the PBX's records, ring nurses for urgent callers.",
    ),
    "agi": Entry(
        "services",
        "Only callers who are on the line: the FastAGI server that the dialplan asks (`agi.port`, 4583).",
    ),
    "gateway": Entry(
        "services",
        "Only texts and what is due: send, take replies, run timers, tell of alarms, count, write the weekly digest.",
    ),
    "web": Entry(
        "services",
        "Only pages: staff's (section `web`), and the one where patients book (section `booking`).",
    ),
    "agi-script": Entry(
        "plain_script",
        "One plain AGI script, started by Asterisk itself: what `agi.program` makes of the dialplan.",
        hidden=True,
    ),
    "demo": Entry(
        "demo",
        "A morning at a clinic, on this machine: a real Asterisk, phones that ring, and the whole loop.",
    ),
    "init": Entry(
        "setup", "Write a first configuration, an encryption key and the AMI secrets. Nothing is overwritten."
    ),
    "check-config": Entry(
        "setup", "Read the configuration and the messages; say what is wrong, with file, line and remedy."
    ),
    "migrate": Entry(
        "setup", "Bring the database to this version; makes it when there is none. Safe to repeat."
    ),
    "render": Entry(
        "setup",
        "Print what belongs into Asterisk's configuration; `secondring install` does the same and more by itself.",
    ),
    "backup": Entry(
        "copies",
        "Write everything that is kept into one file, while the services go on. The key is not in it.",
    ),
    "restore": Entry(
        "copies",
        "Put a backup back into the configured database, SQLite or PostgreSQL. The services must be stopped.",
    ),
    "mode": Entry(
        "mode", "Show whether texts go (live) or are only written and kept (shadow); switch between the two."
    ),
    "install": Entry(
        "pbx", "Put the dialplan, the AMI account and the prompts into this PBX. Harmless to repeat."
    ),
    "uninstall": Entry(
        "pbx", "Take everything out of this PBX again; its files are as they were, byte for byte."
    ),
    "doctor": Entry(
        "pbx",
        "Prove that each link works, with evidence; what does not comes with its remedy. Exits 1 if any fails.",
    ),
    "calls": Entry("books", "Calls that came in, newest first, with the verdict on each."),
    "episodes": Entry("books", "Callers to win back, newest first, and how each episode stands or ended."),
    "report": Entry("report", "The five metrics of a period, each with what it is counted from."),
    "digest": Entry("figures", "The weekly digest: what its owner is told, and sending it by hand."),
    "explain": Entry("explain", "Tell what happened, which rule decided, and why a text did or did not go."),
    "audit": Entry(
        "audit",
        "Compare our verdicts with the PBX's own record of the day, call by call, and say what differs and why.",
    ),
    "retention": Entry(
        "retention",
        "What of patients is kept for how long, what is old enough to go, and how the last night went.",
    ),
    "forget": Entry(
        "retention",
        "Take one person's words and number out of all that is over. What they said of texts stays in force.",
    ),
    "record": Entry("streams", "Write down all that the PBX says, until Ctrl-C."),
    "replay": Entry("streams", "Give the verdict on each call in a recording."),
    "try": Entry("streams", "Say what a reply would do, and why: one reply a line on standard input."),
    "prompts": Entry("prompts", "What callers hear: list it, make it, see what is missing."),
    "tasks": Entry("tasks", "What people have to do: list, show, take, finish."),
    "consent": Entry("consent", "May a number be texted, how do we know, and wishes told by voice."),
    "sms": Entry("sms", "Texts for scripts: send one, read what came in."),
    "carrier": Entry("carrier", "Whoever takes our texts to the phone networks."),
    "bookings": Entry("bookings", "What patients booked themselves: list it, or call one off."),
    "calendar": Entry("bookings", "The times that patients can choose from: check, show."),
    "alarm": Entry("alarms", "Alarms: try whether they reach people; see which there were."),
    "user": Entry("users", "Who may log in to the pages: add, list, disable, reset."),
    "settings": Entry(
        "versions", "What was set on the pages, over the files: list, history, show, rollback, drop."
    ),
    "handset": Entry("phones", "Simulated phones: read and answer texts without a carrier."),
    "sites": Entry("sites", "Several PBXs, one centre: site boxes, their papers, and how they are doing."),
}
"""In the order of `--help`."""
