"""`python -m tests.corpora.table > docs/replies.md`: how well replies are understood, as a page."""

from collections import Counter
from collections.abc import Iterator

from secondring.domain.records import Intent
from tests.corpora.reading import OPT_OUTS, Reply, accuracy, first_recall, replies

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


def louder() -> Iterator[str]:
    """Replies that we knowingly take for more than they are."""
    yield "\n## Heard louder than meant, on purpose\n"
    yield "| reply | meant | heard | why |"
    yield "| --- | --- | --- | --- |"
    for reply in (*replies("replies"), *replies("heldout")):
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
        *louder(),
        *quieter(),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
