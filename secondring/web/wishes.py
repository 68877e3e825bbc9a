"""What a patient told somebody of the clinic about texts: none from now on, or texts again."""

from starlette.responses import Response

from secondring.domain import optouts
from secondring.domain.errors import NotNow
from secondring.domain.ports import Books
from secondring.web.conversation import visible_episode
from secondring.web.screens import Refused, Visit, action
from secondring.web.work import WORKERS

LONGEST = 500
"""Characters of what was said."""


async def no_texts(visit: Visit) -> Response:
    """They said that they want no more texts."""
    return await _keep(visit, wants_texts=False)


async def texts_again(visit: Visit) -> Response:
    """They want texts again, and it was they who said so: nobody else takes an opt-out back."""
    if visit.form.get("asked") != "yes":
        raise NotNow("Only the patient takes an opt-out back: tick that they asked for it themselves.")
    return await _keep(visit, wants_texts=True)


async def _keep(visit: Visit, *, wants_texts: bool) -> Response:
    words = " ".join(visit.form.get("words", "").split())
    if len(words) > LONGEST:
        raise Refused(400, f"What they said may have {LONGEST} characters.")
    wanted = visit.request.path_params["episode"]

    def work(books: Books) -> None:
        episode = visible_episode(books, visit, wanted)
        if episode.caller is None:
            raise NotNow("There is no number that a wish could be kept for.")
        name = visit.user.name
        optouts.told_to_staff(
            books, episode.caller, name, words, visit.now, wants_texts=wants_texts, episode=episode.id
        )
        what = "kept that they want texts again" if wants_texts else "kept that they want no texts"
        books.add_audit(visit.entry("change", what, about=episode.id, site=episode.site))

    await visit.write(work)
    return visit.go(f"/conversation/{wanted}", "texts-again" if wants_texts else "no-texts")


SCREENS = (
    action("/conversation/{episode}/no-texts", no_texts, WORKERS),
    action("/conversation/{episode}/texts-again", texts_again, WORKERS),
)
