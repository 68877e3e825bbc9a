"""What changed for the worse without anybody having decided it: called out each week, with its rows."""

from collections.abc import Iterator, Mapping

from secondring.domain.board import Board
from secondring.domain.findings import FEWEST, Finding, Kind, fell, out_of, percent, rate
from secondring.domain.ids import SiteId
from secondring.domain.metrics import Rate
from secondring.domain.metrics_rows import Ask
from secondring.domain.tally import Dimension, Measure, Tally, add
from secondring.domain.verdict import Verdict

BASE_WEEKS = 4
"""The last week is held against so many before it."""
REPLY_POINTS, TEMPLATE_POINTS = 5.0, 10.0
WORDS_FEWEST, WORDS_SHARE = 3, 0.10
CALLS_A_WEEK = 20
"""A site with fewer calls may well have a quiet week."""
DID_A_WEEK = 5
QUIET_SHARE = 0.25
RECEIPT_SHARE = 0.5
Names = Mapping[SiteId, str]


def can_tell(board: Board) -> bool:
    """True when the week is over and each of the weeks that it is held against had calls to speak of."""
    base = board.trend[-1 - BASE_WEEKS : -1]
    return board.is_over and len(base) == BASE_WEEKS and all(_calls(tally) for _, tally in base)


def drift(board: Board, names: Names) -> list[Finding]:
    """What drifted in the last week of the board; nothing while that week goes on."""
    if not board.is_over or len(board.trend) <= BASE_WEEKS:
        return []
    week = board.trend[-1][1]
    base = add(tally for _, tally in board.trend[-1 - BASE_WEEKS : -1])
    return [
        *_quiet_sites(board, names),
        *_quiet_numbers(week, base),
        *_no_receipts(week, base),
        *_fewer_replies(week, base),
        *_stale_templates(week, base),
        *_unknown_words(week),
    ]


def _fewer_replies(week: Tally, base: Tally) -> Iterator[Finding]:
    now, before = (rate(tally, Measure.REPLIED, Measure.TEXTED) for tally in (week, base))
    if fell(now, before, points=REPLY_POINTS):
        words = (
            f"Fewer callers answer the text: {percent(now)} ({out_of(now)}),"
            f" it was {percent(before)} in the {BASE_WEEKS} weeks before."
        )
        yield Finding(kind=Kind.REPLIES, words=words, ask=Ask(show=Measure.TEXTED))


def _stale_templates(week: Tally, base: Tally) -> Iterator[Finding]:
    overall, overall_before = (rate(tally, Measure.REPLIED, Measure.TEXTED) for tally in (week, base))
    common = max(0.0, (overall_before.value or 0) - (overall.value or 0)) * 100
    for template in week.values(Dimension.TEMPLATE):
        now, before = (_replies(tally, template) for tally in (week, base))
        if template and fell(now, before, points=TEMPLATE_POINTS + common):
            words = (
                f"The text “{template}” works less well than it did: {percent(now)} of {now.denominator} callers"
                f" answered it, it was {percent(before)}. Read it again, and try other words."
            )
            ask = Ask(show=Measure.TEXTED, by=Dimension.TEMPLATE, value=template)
            yield Finding(kind=Kind.TEMPLATE, words=words, ask=ask)


def _replies(tally: Tally, template: str) -> Rate:
    return Rate(
        numerator=tally.of(Measure.REPLIED, Dimension.TEMPLATE, template),
        denominator=tally.of(Measure.TEXTED, Dimension.TEMPLATE, template),
    )


def _unknown_words(week: Tally) -> Iterator[Finding]:
    share = Rate(
        numerator=week.of(Measure.REPLIED, Dimension.INTENT, "unknown"),
        denominator=week.of(Measure.REPLIED),
    )
    if share.numerator >= WORDS_FEWEST and (share.value or 0) >= WORDS_SHARE:
        words = (
            f"{out_of(share)} callers who answered used words that were not understood; people read each of them."
            " Look whether the same wish comes up again and again."
        )
        ask = Ask(show=Measure.REPLIED, by=Dimension.INTENT, value="unknown")
        yield Finding(kind=Kind.WORDS, words=words, ask=ask)


def _calls(tally: Tally) -> int:
    return sum(tally.calls(verdict) for verdict in Verdict)


def _quiet_sites(board: Board, names: Names) -> Iterator[Finding]:
    for place, weeks in board.site_trends:
        usual = sum(_calls(tally) for tally in weeks[-1 - BASE_WEEKS : -1]) / BASE_WEEKS
        now = _calls(weeks[-1])
        if usual >= CALLS_A_WEEK and now < QUIET_SHARE * usual:
            words = (
                f"{names.get(place.site, place.site)} has gone quiet: {_number(now, 'call')} all week, about"
                f" {usual:,.0f} in each of the {BASE_WEEKS} weeks before. Is the line down, or do we not hear it?"
            )
            yield Finding(
                kind=Kind.QUIET, words=words, ask=Ask(show=f"calls-{Verdict.ANSWERED}"), site=place.site
            )


def _quiet_numbers(week: Tally, base: Tally) -> Iterator[Finding]:
    """A number that callers used to be lost on, and now none is: repaired, or out of order."""
    for did in base.values(Dimension.DID):
        usual = base.of(Measure.MISSED, Dimension.DID, did) / BASE_WEEKS
        if did and usual >= DID_A_WEEK and not week.of(Measure.MISSED, Dimension.DID, did):
            words = (
                f"No missed call at all on the number ending in {did[-4:]}, about {usual:.0f} a week before."
                " If nobody changed anything, call it and see whether it rings."
            )
            yield Finding(
                kind=Kind.QUIET, words=words, ask=Ask(show=Measure.MISSED, by=Dimension.DID, value=did)
            )


def _no_receipts(week: Tally, base: Tally) -> Iterator[Finding]:
    usual = rate(base, Measure.RECEIPT, Measure.TEXTED)
    texted = week.of(Measure.TEXTED)
    silent = texted >= FEWEST and not week.of(Measure.RECEIPT)
    if silent and usual.value is not None and usual.value >= RECEIPT_SHARE:
        words = (
            f"The carrier reported none of {texted} texts as delivered; before, it did so for {percent(usual)}."
            " Either they do not arrive, or its reports do not reach us."
        )
        yield Finding(kind=Kind.QUIET, words=words, ask=Ask(show=Measure.TEXTED))


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
