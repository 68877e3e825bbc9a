"""The urgent board, for a screen at the nurse station: who waits, who is being rung, and who takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from secondring.domain import handling
from secondring.domain.errors import NotNow
from secondring.domain.ids import EpisodeId, SiteId, UrgentId
from secondring.domain.ladder import DIALABLE, Ladder, Target
from secondring.domain.metrics import Spread, spread
from secondring.domain.phone import PhoneNumber, region_of, spoken_form
from secondring.domain.ports import Books
from secondring.domain.records import Task
from secondring.domain.rules import Site
from secondring.domain.staff import Role
from secondring.domain.triage_events import Volunteered
from secondring.domain.urgent import Orders
from secondring.domain.urgent_case import Stage, Trigger, UrgentCase
from secondring.web.dial_yourself import dial_yourself
from secondring.web.rows import answer
from secondring.web.screens import Refused, Visit, action, not_here, page
from secondring.web.silence import silence
from secondring.web.unreached import Unreached, red_task, unreached

BOARD = frozenset({Role.FRONT_DESK, Role.NURSE, Role.MANAGER})
TAKERS = frozenset({Role.NURSE, Role.FRONT_DESK})
MAY_BE_TAKEN = frozenset({Stage.NEW, Stage.RINGING, Stage.PAUSED, Stage.RETRY})
TARGET = 60.0

STAGE_WORDS = {
    Stage.NEW: "the ladder begins",
    Stage.RINGING: "ringing",
    Stage.PAUSED: "nobody took it yet; the next round begins in a moment",
    Stage.JOINING: "taken; being put through",
    Stage.CALLING: "taken; the patient's phone rings",
    Stage.TALKING: "taken; talking",
    Stage.RETRY: "the patient did not answer; they are called again soon",
    Stage.LAST_RESORT: "NOBODY TOOK IT: the last resort is being rung",
    Stage.CONNECTED: "connected",
    Stage.LEFT: "NOBODY REACHED THEM: call now",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder as the board shows it."""

    who: str
    state: str
    """`past`, `now` or `next`."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An urgent caller."""

    case: UrgentCase
    site: Site
    rungs: list[Rung]
    words: str
    loud: bool
    """Nobody has taken it."""
    task: Task | None
    """The red row that stays until somebody has spoken with them."""
    can_take: bool


@dataclass(frozen=True, slots=True)
class Board:
    """What is on the screen."""

    waiting: list[Waiting]
    alarms: list[Waiting]
    """Came to the last resort, and nobody has signed for it."""
    unreached: list[Unreached]
    """All others with whom nobody has spoken yet."""
    today: int
    answered: Spread
    silence: str
    """Why the board may not be all there is."""


def look(books: Books, visit: Visit) -> Board:
    """Read it."""
    phones = {user.phone: user.shown for user in books.users() if user.phone}
    still = [case for case in books.open_urgent_cases() if visit.shows(case.site)]
    unsigned = [case for case in books.unsigned_urgent_cases() if visit.shows(case.site)]
    chosen = visit.chosen_site()
    site = chosen or visit.desk.rules.sites[0]
    midnight = datetime.combine(
        visit.now.astimezone(ZoneInfo(site.hours.zone)).date(), time(0), ZoneInfo(site.hours.zone)
    )
    figures = [
        books.figures(since=midnight, until=visit.now + timedelta(seconds=1), site=one.id)
        for one in ([chosen] if chosen else visit.sites())
    ]
    seconds = sorted(s for f in figures for s in f.seconds_to_accept)
    alarms = [case for case in unsigned if not case.is_open]
    return Board(
        waiting=[_waiting(books, visit, case, phones) for case in still],
        alarms=[_waiting(books, visit, case, phones) for case in alarms],
        unreached=unreached(books, visit, {case.episode for case in (*still, *alarms)}),
        today=sum(f.urgent for f in figures),
        answered=spread(seconds, TARGET),
        silence=silence(books, visit),
    )


def _waiting(books: Books, visit: Visit, case: UrgentCase, phones: Mapping[str, str]) -> Waiting:
    site = visit.desk.rules.site(case.site)
    can_take = visit.desk.triage is not None and visit.user.phone != "" and visit.user.may(TAKERS)
    return Waiting(
        case=case,
        site=site,
        rungs=_rungs(case, site.triage, phones, visit.now) if site.triage else [],
        words=STAGE_WORDS[case.stage],
        loud=case.accepted_by is None,
        task=red_task(books, case.episode),
        can_take=can_take and case.stage in MAY_BE_TAKEN,
    )


def _rungs(case: UrgentCase, ladder: Ladder, phones: Mapping[str, str], now: datetime) -> list[Rung]:
    ringing = {attempt.target: attempt.started_at for attempt in case.attempts}
    rungs = []
    for number, step in enumerate(ladder.steps):
        on_duty = step.on_duty(now)
        if not on_duty:
            continue
        since = min((ringing[target] for target in on_duty if target in ringing), default=None)
        past = number < case.step or case.stage in (Stage.PAUSED, Stage.LAST_RESORT, Stage.LEFT)
        state = "now" if since is not None else "past" if past else "next"
        rungs.append(Rung(" and ".join(_name(target, phones) for target in on_duty), state, since))
    rungs += [
        Rung(_name(target, phones), "now", since)
        for target, since in ringing.items()
        if target not in {t for step in ladder.steps for t in step.on_duty(now)}
        and target != ladder.last_resort
    ]
    if ladder.last_resort is not None:
        since = ringing.get(ladder.last_resort)
        reached = case.stage is Stage.LAST_RESORT
        state = "now" if reached else "past" if case.last_resort_at else "next"
        rungs.append(Rung(f"last resort: {_name(ladder.last_resort, phones)}", state, since))
    return rungs


def _name(target: Target, phones: Mapping[str, str]) -> str:
    """Whose phone it is, else the phone: staff's own numbers may be read."""
    if target.number in phones or not target.number.startswith("+"):
        return phones.get(target.number, target.number)
    return spoken_form(PhoneNumber(target.number), region_of(PhoneNumber(target.number)) or "")


# ---------------------------------------------------------------- pages


async def show(visit: Visit) -> Response:
    """The whole page."""
    return await _draw(visit, "urgent.html")


async def board(visit: Visit) -> Response:
    """The board alone, for a screen that follows what happens."""
    return await _draw(visit, "board.html")


async def _draw(visit: Visit, template: str) -> Response:
    found = await visit.read(lambda books: look(books, visit))
    await _note_views(visit, found)
    chosen = visit.chosen_site()
    return visit.render(
        template,
        board=found,
        chosen=chosen,
        site=chosen or visit.desk.rules.sites[0],
        query=f"?site={chosen.id}" if chosen else "",
        trigger=Trigger,
        mark=handling.mark,
        can_call=visit.desk.telephone is not None,
    )


async def _note_views(visit: Visit, found: Board) -> None:
    about: dict[str, tuple[EpisodeId, SiteId]] = {
        one.case.id: (one.case.episode, one.case.site) for one in (*found.waiting, *found.alarms)
    }
    about |= {one.task.id: (one.task.episode, one.task.site) for one in found.unreached}
    fresh = visit.desk.shown.new(visit.session.token_hash, about)
    if not fresh:
        return

    def keep(books: Books) -> None:
        for name in fresh:
            episode, site = about[name]
            books.add_audit(visit.entry("view", "urgent board", about=episode, site=site))

    await visit.write(keep)
    visit.desk.shown.add(visit.session.token_hash, fresh)


async def take(visit: Visit) -> Response:
    """Ring my phone at once: picking up and pressing 1 puts me through, or calls the patient."""
    desk, phone = visit.desk, visit.user.phone
    found = UrgentId(visit.request.path_params["case"])
    if desk.triage is None:
        raise Refused(409, "Taking it from here is not set up. Answer your phone when it rings.")
    if not DIALABLE.fullmatch(phone):
        return await dial_yourself(visit, lambda books: _visible_case(books, visit, found))
    triage = desk.triage

    def work(books: Books) -> Orders:
        case = _visible_case(books, visit, found)
        if case.stage not in MAY_BE_TAKEN:
            raise NotNow(f"It cannot be taken now: {STAGE_WORDS[case.stage]}.")
        target = Target(number=phone, outside=phone.startswith("+"))
        orders = triage.tell(books, case.id, Volunteered(target, visit.user.name), visit.now)
        books.add_audit(visit.entry("change", "took an urgent call", about=case.episode, site=case.site))
        if orders is None or not orders.pbx:
            raise NotNow("Your phone rings for it already, or the ladder is at its end. Call them now.")
        return orders

    orders = await visit.write(work)
    await desk.carry_out(orders)
    return answer(visit, "taking")


async def sign(visit: Visit) -> Response:
    """I know of it: the alarm is over; a calmer card stays until somebody has spoken with the caller."""
    found = UrgentId(visit.request.path_params["case"])

    def work(books: Books) -> None:
        case = _visible_case(books, visit, found)
        handling.sign(books, case.id, visit.user.shown, visit.now)
        books.add_audit(visit.entry("change", "signed for an alarm", about=case.episode, site=case.site))

    await visit.write(work)
    return answer(visit, "signed")


def _visible_case(books: Books, visit: Visit, wanted: UrgentId) -> UrgentCase:
    case = books.urgent_case(wanted)
    if case is None or not visit.user.sees(case.site):
        not_here()
    return case


SCREENS = (
    page("/urgent", show, BOARD),
    page("/urgent/board", board, BOARD),
    action("/urgent/{case}/take", take, TAKERS),
    action("/urgent/{case}/sign", sign, BOARD),
)
