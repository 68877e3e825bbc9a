"""`python -m tests.corpora.table > docs/replies.md`: how well replies are understood, as a page."""

from collections import Counter
from collections.abc import Iterator

from secondring.domain.records import Intent
from tests.corpora.reading import OPT_OUTS, Reply, accuracy, by_meaning, every, first_recall, replies

ORDER = [
    Intent.BOOK,
    Intent.RESCHEDULE,
    Intent.BILLING,
    Intent.REFILL,
    Intent.URGENT,
    Intent.STOP,
    Intent.CANCEL,
    Intent.START,
    Intent.HELP,
    Intent.UNKNOWN,
]

INTRO = """\
# How replies are understood

Made by `python -m tests.corpora.table`; do not edit.

A reply is read by rules, loudest first: emergency wording, keywords and menu digits, urgent wording, opting out,
a visit to be cancelled, then one clear wish. Whatever is in doubt goes to a person, whole, within the hour of
business time. No reply is ever thrown away, and no rule judges how ill anybody is.

Being out of insulin is heard as urgent, louder than the refill it also is: without it a diabetic can be in danger
within hours. Running low on it, or asking for more, is a refill. A question beside an opt-out ("STOP calling so
late, when do you open?") opts out *and* becomes a task for the front desk, since no text may answer it.

`replies.yaml` is the corpus that the word lists were tuned on: there, no opt-out and no emergency may be missed.
`heldout.yaml` was written after the lists were finished, with wording as far from keywords as we could think of.
Opt-outs and emergencies that were missed at first, or heard where there was none, were mended, so only the other
intents still measure anything there; what the lists do with words they do not know is in "When it was first read".
"""


def confusions(found: list[Reply]) -> Iterator[str]:
    """One row per intent meant, one column per intent heard."""
    seen = Counter((reply.intent, reply.heard.intent) for reply in found)
    yield "| meant \\ heard | " + " | ".join(ORDER) + " | right |"
    yield "| --- |" + " ---: |" * (len(ORDER) + 1)
    for meant in ORDER:
        row = [seen[meant, heard] for heard in ORDER]
        share = f"{seen[meant, meant] / sum(row):.1%}" if sum(row) else ""
        yield f"| **{meant}** | " + " | ".join(str(count or "") for count in row) + f" | {share} |"


def corpus(name: str, title: str) -> Iterator[str]:
    """The section of one corpus."""
    found = replies(name)
    yield f"\n## {title}\n"
    yield f"{len(found)} replies in `tests/corpora/{name}.yaml`, {accuracy(found):.1%} understood as meant.\n"
    yield from confusions(found)


def first_reading() -> Iterator[str]:
    """How the held-out corpus fared before anything was mended."""
    found = replies("heldout")
    yield "\nWhen it was first read:\n"
    yield "| | right | of |"
    yield "| --- | ---: | ---: |"
    rows = (
        ("opt-outs", OPT_OUTS),
        ("emergencies and urgent", frozenset({Intent.URGENT})),
        ("all", frozenset(Intent)),
    )
    for label, intents in rows:
        right, total = first_recall(found, intents)
        yield f"| {label} | {right} ({right / total:.0%}) | {total} |"
    yield (
        "\nThese are hard cases on purpose, but the lesson stands: lists of words do not catch every emergency or"
        "\nevery opt-out that avoids the usual words. What they do not catch is in front of a person within the hour."
        "\nSo the desk should read what is not understood before anything else."
    )


OPTING_OUT = """
## Opting out

What a reasonable person would take for "no more texts" has to be one, in whatever words; what only sounds like one
("stop by at 3?", "cancel my 2pm", "end of day works", "no more pain meds refill") has to stay a reply. When in doubt
it is an opt-out: the patient loses a text, can take it back by START, and a person reads what else they wrote.

All replies of the three corpora, by whether they opt out:
"""
READINGS = """
A list of phrases knows what its authors thought of. `optouts.yaml` was therefore written in two lots, each before the
rules were touched for it and each read once; what was wrong was then mended. The first lot was met by the phrase lists
alone. After it came rules that go by how a refusal is built: a "no" or "stop" with a text in reach inside one clause,
a number that is somebody else's, a consent that was never given, Spanish commands in all their forms, two slips in
long words. The second lot, picked to be harder still, met those rules fresh. Last came plain replies that use the
words of refusals ("I got no text with the link", "quítenme los puntos"): they showed what the new rules overdid, and
narrowed them.

| lot | opt-outs heard at first | replies wrongly taken for opt-outs at first |
| --- | ---: | ---: |
"""
READINGS_END = """
So of opt-outs that avoid the usual words, about half pass every rule the first time, and more rules do not change
that much. Therefore none of it rests on the rules alone: whatever is not understood is in front of a person within the
hour, no further text goes by itself after a reply until then, and "They asked for no more texts" is one click on the
page of the conversation, and one command at the terminal (docs/consent.md).
"""


def opting_out() -> Iterator[str]:
    """Right and wrong for opt-outs alone, over everything there is, and how the fresh lots fared at first."""
    yield OPTING_OUT
    yield "| corpus | opt-outs | heard | missed | other replies | taken for an opt-out |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    names = ("replies", "heldout", "optouts")
    for name, found in [*((f"`{name}.yaml`", replies(name)) for name in names), ("all", every())]:
        meant, others = by_meaning(found)
        heard, taken = sum(r.heard.opts_out for r in meant), sum(r.heard.opts_out for r in others)
        yield f"| {name} | {len(meant)} | {heard} | {len(meant) - heard} | {len(others)} | {taken} |"
    yield "\nTaken for an opt-out without being one, and why that stays:\n"
    yield "| reply | why | what becomes of the words |"
    yield "| --- | --- | --- |"
    for reply in by_meaning(every())[1]:
        if reply.heard.opts_out:
            kept = "also a task" if reply.heard.asks_more else "kept in the conversation"
            yield f"| {reply.text} | {reply.note} | {kept} |"
    yield READINGS.rstrip("\n")
    for label, begins in (("first", ("opt-out", "near-miss")), ("second", "again"), ("traps", "trap")):
        meant, others = by_meaning([r for r in replies("optouts") if r.group.startswith(begins)])
        right, wrong = sum(not r.missed for r in meant), sum(r.missed for r in others)
        share = f"{right} of {len(meant)} ({right / len(meant):.0%})" if meant else "-"
        yield f"| {label} | {share} | {wrong} of {len(others)} ({wrong / len(others):.0%}) |"
    yield READINGS_END.rstrip("\n")


def louder() -> Iterator[str]:
    """Replies that we knowingly take for more than they are."""
    yield "\n## Heard louder than meant, on purpose\n"
    yield "| reply | meant | heard | why |"
    yield "| --- | --- | --- | --- |"
    for reply in every():
        if reply.accepted:
            yield f"| {reply.text} | {reply.intent} | {reply.heard.intent} | {reply.note} |"


def quieter() -> Iterator[str]:
    """What is still misunderstood in the held-out corpus."""
    yield "\n## Still misunderstood in the held-out corpus\n"
    yield "| reply | meant | heard | rule |"
    yield "| --- | --- | --- | --- |"
    for reply in replies("heldout"):
        if not reply.is_right and not reply.accepted:
            yield f"| {reply.text} | {reply.intent} | {reply.heard.intent} | `{reply.heard.rule}` |"


def page() -> str:
    """The whole page."""
    lines = [
        INTRO.rstrip(),
        *corpus("replies", "Tuned on"),
        *corpus("heldout", "Held out"),
        *first_reading(),
        *opting_out(),
        *louder(),
        *quieter(),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
