"""The words of this clinic: the gateway's messages, with what each site puts into them."""

from datetime import datetime

from secondring.domain.errors import ConfigError
from secondring.domain.hours import next_opening
from secondring.domain.phone import spoken_form
from secondring.domain.rules import Rules, Site
from secondring.domain.settings import Disagreement, Overlay
from sms_gateway.messages import NAMES, Messages
from sms_gateway.spoken_time import opens_phrase, visit_phrase


class ClinicWording:
    """The gateway's messages, with what each site puts into them."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def become(self, messages: Messages) -> None:
        """Go by other words from now on; only between transactions, like the rules."""
        self._messages = messages

    def text(
        self,
        template: str,
        *,
        site: Site,
        language: str,
        now: datetime,
        task: str = "",
        link: str = "",
        visit_at: datetime | None = None,
    ) -> str:
        """A message, ready to send."""
        words = site_words(site, language, now) | {"task": task}
        if link:
            words["link"] = link
        if visit_at is not None:
            words["when"] = visit_phrase(visit_at, zone=_zone(site), language=language)
        return self._messages.render(template, language, words)


def _zone(site: Site) -> str:
    return site.timetable.zone if site.timetable else site.hours.zone


def site_words(site: Site, language: str, at: datetime) -> dict[str, str]:
    """What a message may say of a site at a time."""
    opening = next_opening(site.hours, at)
    return {
        "clinic": site.name,
        "phone": spoken_form(site.phone, site.region),
        "link": site.booking_url or "",
        "opens": opens_phrase(opening, now=at, zone=site.hours.zone, language=language) if opening else "",
    }


def worded_twice(found: Messages, overlay: Overlay) -> tuple[Disagreement, ...]:
    """Messages that were worded on screen though the clinic has a file for them as well."""
    worded = ((path, setting) for path, setting in overlay.items() if path[:2] == ("messages", "wording"))
    return tuple(
        Disagreement(path=path, file=str(file), setting=setting)
        for path, setting in worded
        if (file := found.hidden_file(path[3], path[2])) is not None
    )


def refuse_messages(found: Messages, rules: Rules, at: datetime) -> None:
    """Raise ConfigError when one of these may not go out, or a route sends one that there is not."""
    found.lint(samples=samples(rules, at))
    for intent, route in rules.routes.items():
        if route.template is not None and route.template not in NAMES:
            raise ConfigError(
                f"routes.{intent}.template: no message is called {route.template!r}; there are {', '.join(NAMES)}"
            )


def samples(rules: Rules, at: datetime) -> tuple[dict[str, str], ...]:
    """What each site puts into the messages, in both languages."""
    return tuple(site_words(site, language, at) for site in rules.sites for language in ("en", "es"))
