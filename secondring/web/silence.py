"""What people are told at the top of a list when nobody listens: an empty list is no quiet morning then."""

from secondring.domain import pulse
from secondring.domain.ports import Books
from secondring.domain.pulse import Service, State
from secondring.web.drawing import moment
from secondring.web.screens import Visit


def silence(books: Books, visit: Visit) -> str:
    """A sentence, or nothing while the service listens and texts go out."""
    found = pulse.silence(pulse.last(books), visit.now)
    if found is None:
        return _no_texts(books, visit)
    site = visit.desk.rules.sites[0]
    since = f" since {moment(found.since, site, visit.now)}" if found.since else ""
    what = {
        State.STOPPED: f"Second Ring has been stopped{since}.",
        State.UNLINKED: f"Second Ring has had no link to the telephone system{since}.",
    }.get(found.because or State.LISTENING, f"Second Ring has not been heard of{since}.")
    told = f"{what} Calls missed since then are not shown. Call your administrator, and pick up the phone."
    return f"{told} {_no_texts(books, visit)}".strip() if found.because is State.UNLINKED else told


def _no_texts(books: Books, visit: Visit) -> str:
    gone = pulse.silences(books, visit.now, visit.desk.expected).get(Service.GATEWAY)
    if gone is None:
        return ""
    since = f" since {moment(gone.since, visit.desk.rules.sites[0], visit.now)}" if gone.since else ""
    return f"Texts have not gone out{since}, and replies do not come in. Call your administrator."
