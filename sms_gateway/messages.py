"""What the texts say: packaged templates, with a site's own files on top.

A clinic's own wording is a file of the same name below its folder, `es/first-open.txt.j2`, or stands in the
configuration, which comes first.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from secondring.domain.errors import ConfigError
from sms_gateway.lint import SAMPLE, Source, problems_of
from sms_gateway.segments import count, encoding, fold

PACKAGED = Path(__file__).parent / "templates"
SUFFIX = ".txt.j2"
LANGUAGES = ("en", "es")
FALLBACK = "en"
WORDED = "messages.wording"
"""Where words in the configuration stand."""
NAMES = (
    "first-open",
    "first-closed",
    "first-holiday",
    "asked",
    "asked-link",
    "book",
    "book-call",
    "reschedule",
    "reschedule-call",
    "billing",
    "refill",
    "urgent",
    "urgent-call",
    "urgent-tried",
    "urgent-left",
    "help",
    "opt-out",
    "start",
    "booked",
    "booking-moved",
    "booking-cancelled",
    "unknown",
    "reminder",
    "staff-alert",
    "staff-alert-nobody",
    "staff-alert-left",
)
"""Every message there is. `asked-link` and `asked` answer a key pressed in the call; `asked`, `book-call` and
`reschedule-call` are for sites without a booking page."""


class Messages:
    """All messages in all languages. Rendering is pure: same template and context, same text."""

    def __init__(
        self, overrides_dir: Path | None = None, wording: Mapping[tuple[str, str], str] | None = None
    ) -> None:
        """`wording` are the clinic's own words by language and name; they take the place of any file."""
        self._own = overrides_dir
        self._folders = [folder for folder in (overrides_dir, PACKAGED) if folder is not None]
        self._wording = dict(wording or {})
        worded = {f"{language}/{name}{SUFFIX}": words for (language, name), words in self._wording.items()}
        self._jinja = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            autoescape=False,  # plain text, not HTML
            loader=ChoiceLoader(
                [DictLoader(worded), *(FileSystemLoader(folder) for folder in self._folders)]
            ),
        )

    def render(self, template: str, language: str, context: Mapping[str, str]) -> str:
        """The text of a message, ready to send. A language we have no words in gets English.

        Raises ConfigError when there is no such message or `context` lacks what it asks for.
        """
        found = self._find(template, language)
        try:
            return " ".join(fold(found.render(context)).split())
        except TemplateError as error:
            where = found.filename or f"{WORDED}.{language}.{template}"
            raise ConfigError(f"{where}: {error}; pass it, or take it out of the file") from error

    def path(self, template: str, language: str) -> Path:
        """The file that a message comes from."""
        spoken = language if language in LANGUAGES else FALLBACK
        return self._file(template, spoken)

    def lint(self, *, most_segments: int = 2, samples: tuple[Mapping[str, str], ...] = (SAMPLE,)) -> None:
        """Raise ConfigError naming file, line and remedy of all that must not go to a patient.

        `samples` are contexts to try each message with, at best those of the real sites.
        """
        if self._own is not None and not self._own.is_dir():
            raise ConfigError(
                f"messages.directory: there is no folder {self._own}. Make it, or set the key to null for our words."
            )
        problems = self._strange_files() + self._strange_words()
        for language in LANGUAGES:
            for name in NAMES:
                problems += self.wrong_with(name, language, samples=samples, most_segments=most_segments)
        if problems:
            raise ConfigError("\n".join(problems))

    def wrong_with(
        self, name: str, language: str, *, samples: tuple[Mapping[str, str], ...], most_segments: int = 2
    ) -> list[str]:
        """Everything that keeps one message from going to a patient, each as `place:line: what; remedy`."""
        file = self._file(name, language)
        source = Source(name, language, file, self.source(name, language))
        return problems_of(source, self._jinja, samples, most_segments)

    def hidden_file(self, name: str, language: str) -> Path | None:
        """The clinic's own file whose place words in the configuration take; None when there is no such file."""
        file = self._folders[0] / language / f"{name}{SUFFIX}"
        worded = (language, name) in self._wording
        return file if worded and self._folders[0] != PACKAGED and file.is_file() else None

    def source(self, name: str, language: str) -> str:
        """A message as it is written, with its variables."""
        worded = self._wording.get((language, name))
        return self._file(name, language).read_text(encoding="utf-8") if worded is None else worded

    def _find(self, template: str, language: str) -> Template:
        if template not in NAMES:
            raise ConfigError(f"no message is called {template!r}; there are {', '.join(NAMES)}")
        spoken = language if language in LANGUAGES else FALLBACK
        return self._jinja.get_template(f"{spoken}/{template}{SUFFIX}")

    def _file(self, name: str, language: str) -> Path:
        if (language, name) in self._wording:
            return Path(f"{WORDED}.{language}.{name}")
        candidates = [folder / language / f"{name}{SUFFIX}" for folder in self._folders]
        return next((file for file in candidates if file.is_file()), candidates[-1])

    def _strange_files(self) -> list[str]:
        """Own files that no message would ever use: a slip in a name must not go unnoticed."""
        known = {f"{language}/{name}{SUFFIX}" for language in LANGUAGES for name in NAMES}
        strange = [
            file
            for folder in self._folders
            for file in sorted(folder.rglob("*"))
            if file.is_file() and file.relative_to(folder).as_posix() not in known
        ]
        return [
            f"{file}: no message is read from here; rename it to one of en|es/{_LISTED}" for file in strange
        ]

    def _strange_words(self) -> list[str]:
        return [
            f"{WORDED}.{language}.{name}: no message is called that; there are {', '.join(NAMES)}"
            for language, name in self._wording
            if name not in NAMES
        ]


_LISTED = "|".join(NAMES) + SUFFIX


def page() -> str:
    """The page docs/messages.md: every message as a made-up clinic sends it, with its parts."""
    messages = Messages()
    rows = [
        INTRO,
        "| message | language | characters | alphabet | parts | text |",
        "|---|---|---|---|---|---|",
    ]
    for name in NAMES:
        for language in LANGUAGES:
            text = messages.render(
                name, language, SAMPLE | {"opens": _OPENS[language], "when": _WHEN[language]}
            )
            kind = encoding(text).name
            rows.append(f"| `{name}` | {language} | {len(text)} | {kind} | {count(text)} | {text} |")
    return "\n".join(rows) + "\n"


INTRO = """\
# What the texts say

Made by `python -m sms_gateway.messages > docs/messages.md`; do not edit. As a made-up clinic sends them.
A clinic's own wording goes into `messages.directory`, for example `en/first-open.txt.j2`; `secondring check-config`
refuses clinical words, names, texts of more than two parts and first texts without a way out, naming file and line.
"""

_WHEN = {"en": "Tue Mar 3 at 9:30 AM", "es": "3 de marzo, 9:30 am"}
_OPENS = {"en": "Monday at 8 AM", "es": "el lunes a las 8 am"}

if __name__ == "__main__":
    sys.stdout.write(page())
