"""What people are told at the top of a list when nobody listens: an empty list is no quiet morning then."""

from secondring.domain import pulse
from secondring.domain.ports import Books
from secondring.domain.pulse import Service, State
from secondring.web.drawing import moment
from secondring.web.screens import Visit


def silence(books: Books, visit: Visit) -> str:
    """A sentence, or nothing while the service listens and texts go out."""
    found = pulse.silence(pulse.last(books), visit.now)
    site = visit.desk.rules.sites[0]
    if found is None:
        gone = pulse.silences(books, visit.now).get(Service.GATEWAY)
        since = f" since {moment(gone.since, site, visit.now)}" if gone and gone.since else ""
        return (
            f"Texts have not gone out{since}, and replies do not come in. Call your administrator."
            if gone
            else ""
        )
    since = f" since {moment(found.since, site, visit.now)}" if found.since else ""
    what = {
        State.STOPPED: f"Second Ring has been stopped{since}.",
        State.UNLINKED: f"Second Ring has had no link to the telephone system{since}.",
    }.get(found.because or State.LISTENING, f"Second Ring has not been heard of{since}.")
    return f"{what} Calls missed since then are not shown. Call your administrator, and pick up the phone."
