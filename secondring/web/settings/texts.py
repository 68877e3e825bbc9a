"""What the texts say: how each looks on a phone, in how many parts it goes, and words of the clinic's own."""

from starlette.responses import Response

from secondring.domain.rules import Site
from secondring.domain.settings import Path, SettingsRefused, Wrong
from secondring.web.screens import Visit, action, not_here, page
from secondring.web.settings.area import READ, WRITE, common, save, site_of, whole_clinic
from secondring.web.settings_port import View

LANGUAGES = {"en": "English", "es": "Spanish"}
LONGEST = 640
"""Characters; more than two parts are refused anyhow."""
VARIABLES = (
    ("{{ clinic }}", "the clinic's name"),
    ("{{ phone }}", "its number"),
    ("{{ link }}", "the booking page"),
    ("{{ opens }}", "when it opens next, or nothing: {% if opens %} … {% endif %}"),
)


async def texts(visit: Visit) -> Response:
    """Every message, as one of their sites would send it now."""
    desk = visit.desk.settings
    view = await desk.view()
    site = _example(visit, view)
    language = visit.request.query_params.get("language", "en")
    if language not in LANGUAGES:
        not_here()
    shown = await desk.previews(language, site)
    rows = [(name, one, view.source(key_of(name, language))) for name, one in shown]
    return visit.render(
        "settings/texts.html",
        **common(visit, view, ()),
        rows=rows,
        language=language,
        languages=LANGUAGES,
        site=site,
    )


def key_of(name: str, language: str) -> Path:
    """Where words of their own stand."""
    return ("messages", "wording", language, name)


def _example(visit: Visit, view: View) -> Site:
    return next((site for site in view.rules.sites if visit.user.sees(site.id)), view.rules.sites[0])


def _which(visit: Visit) -> tuple[str, str]:
    language, name = visit.request.path_params["language"], visit.request.path_params["name"]
    if language not in LANGUAGES or name not in visit.desk.settings.messages:
        not_here()
    return name, language


async def text(visit: Visit) -> Response:
    """One message, to be changed."""
    name, language = _which(visit)
    return await _page(visit, name, language, await visit.desk.settings.wording(name, language))


async def look(visit: Visit) -> Response:
    """The same with other words: how it would look, and what is wrong with them. Keeps nothing."""
    name, language = _which(visit)
    return await _page(visit, name, language, _typed(visit))


def _typed(visit: Visit) -> str:
    return " ".join(visit.form.get("words", "")[:LONGEST].split())


async def take(visit: Visit) -> Response:
    """Keep words of their own."""
    name, language = _which(visit)
    whole_clinic(visit)
    desk = visit.desk.settings
    view, words = await desk.view(), _typed(visit)
    try:
        said = await save(visit, view, {key_of(name, language): words}, f"worded {name} ({language})")
    except SettingsRefused as refused:
        return await _page(visit, name, language, words, problems=refused.problems)
    return visit.go(f"/settings/texts/{language}/{name}", said)


async def _page(
    visit: Visit, name: str, language: str, words: str, problems: tuple[Wrong, ...] = ()
) -> Response:
    desk = visit.desk.settings
    view = await desk.view()
    wanted = visit.form.get("site") or visit.request.query_params.get("site", "")
    site = await site_of(visit, view, wanted) if wanted else _example(visit, view)
    return visit.render(
        "settings/text.html",
        status=400 if problems else 200,
        **common(visit, view, (key_of(name, language),), problems),
        name=name,
        language=language,
        languages=LANGUAGES,
        words=words,
        packaged=await desk.packaged(name, language),
        shown=await desk.preview(name, language, words, site),
        variables=VARIABLES,
        longest=LONGEST,
        site=site,
        here=f"/settings/texts/{language}/{name}",
    )


SCREENS = (
    page("/settings/texts", texts, READ),
    page("/settings/texts/{language}/{name}", text, READ),
    action("/settings/texts/{language}/{name}/look", look, READ),
    action("/settings/texts/{language}/{name}", take, WRITE),
)
