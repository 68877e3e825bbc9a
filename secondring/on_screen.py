"""What is set on screen: shown together with what the files say, checked with their very schema, kept in versions.

The files are read once, when a service starts, and their changes wait for the next start; what is set on screen is
laid over them whenever it changes (`following`).
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from config.build import build_rules, build_wording
from config.loader import Checked, Layers
from config.overlay import meaning, source
from config.problems import Problem, may_show
from config.walk import section_at
from secondring import wiring
from secondring.carriers_shown import carriers_shown
from secondring.clinic_words import refuse_messages, site_words, worded_twice
from secondring.domain.booking_link import sample_link
from secondring.domain.errors import ConfigError
from secondring.domain.hours import closes_at
from secondring.domain.ports import Books
from secondring.domain.rules import Rules, Site
from secondring.domain.settings import (
    NOTHING,
    Difference,
    Disagreement,
    Overlay,
    Path,
    SettingsRefused,
    SettingsVersion,
    Value,
    Wrong,
    brought_back,
    differences,
    is_at_once,
    may_be_set,
    path_of,
    set_on,
    without,
    written,
)
from secondring.files import Files, InBooks
from secondring.web.settings_port import Change, Found, Preview, View
from sms_gateway.messages import NAMES, Messages
from sms_gateway.segments import encoding, segments
from sms_gateway.spoken_time import visit_phrase

Test = Callable[[], list[Found]]
TRIES = 3
"""How often a change is made anew when somebody else's came between."""
FASTER = "Look at what is there now, and make your change again if it is still needed."


class OnScreen:
    """The settings, for pages and commands."""

    def __init__(
        self,
        source: Files,
        read: InBooks,
        write: InBooks,
        test: Test | None = None,
    ) -> None:
        self._source = source
        self._read = read
        self._write = write
        self._messages_with = source.messages
        self._test = test
        self._made: tuple[int, Messages, Rules] | None = None

    @property
    def messages(self) -> tuple[str, ...]:
        return NAMES

    @property
    def has_mode(self) -> bool:
        section = section_at(())
        return section is not None and "mode" in section.model_fields

    @property
    def can_test(self) -> bool:
        return self._test is not None

    # -- looking

    async def view(self) -> View:
        newest, started = await self._read(self._newest_and_started)
        return await asyncio.to_thread(self._view, newest, started)

    def _newest_and_started(self, books: Books) -> tuple[SettingsVersion | None, SettingsVersion | None]:
        newest = books.settings_version(books.settings_number())
        return newest, books.settings_version(self._source.started_with)

    def _view(self, newest: SettingsVersion | None, started: SettingsVersion | None) -> View:
        overlay = newest.overlay if newest else NOTHING
        found, problems = self._source.layers.examined(overlay)
        broken = "; ".join(str(problem) for problem in problems)
        if found is None:
            found = self._source.layers.checked(started.overlay if started else NOTHING)
        tree = found.tree
        since = differences(started.overlay if started else NOTHING, overlay)
        return View(
            number=newest.number if newest else 0,
            overlay=overlay,
            rules=build_rules(found.found),
            value=lambda path: _shown(path, tree.value(path)),
            source=lambda path: source(tree, path),
            carriers=carriers_shown(found.found, found.files),
            disagreements=(*found.disagreements, *self._worded_twice(found, overlay)),
            waiting=tuple(one.path for one in since if not is_at_once(one.path)),
            files_changed=self._files_changed(),
            broken=broken,
        )

    def _worded_twice(self, found: Checked, overlay: Overlay) -> tuple[Disagreement, ...]:
        return worded_twice(self._messages_with(build_wording(found.found)), overlay)

    def _files_changed(self) -> tuple[str, ...]:
        try:
            now = {source.name: source.text for source in self._source.reread().sources}
        except ConfigError:
            return ("the configuration's files cannot be read any more",)
        then = {source.name: source.text for source in self._source.layers.sources}
        return tuple(name for name in sorted({*now, *then}) if now.get(name) != then.get(name))

    async def version(self, number: int) -> SettingsVersion | None:
        return await self._read(lambda books: books.settings_version(number))

    async def history(self, *, limit: int) -> list[SettingsVersion]:
        return await self._read(lambda books: books.settings_history(limit=limit))

    # -- changing

    async def save(self, change: Change) -> int:
        forbidden = [path for path in change.values if not may_be_set(path)]
        if forbidden:
            remedy = "It stands in the files alone; change it there."
            raise SettingsRefused(tuple(Wrong(path, "cannot be set on screen", remedy) for path in forbidden))

        def make(now: Overlay, number: int) -> Overlay:
            self._refuse_if_overtaken(now, change)
            left = without(now, *change.drop)
            wanted = set_on(left, change.values, by=change.by, at=change.entry.at, version=number)
            return self._only_what_differs(left, wanted, tuple(change.values))

        return await self._keep(change, make)

    async def roll_back(self, number: int, change: Change) -> int:
        former = await self.version(number)
        if former is None and number != 0:
            raise SettingsRefused((Wrong((), f"there is no version {number}", "See the history."),))
        overlay = former.overlay if former else NOTHING

        def make(now: Overlay, new: int) -> Overlay:
            return brought_back(overlay, now, by=change.by, at=change.entry.at, version=new)

        return await self._keep(change, make)

    async def _keep(self, change: Change, make: Callable[[Overlay, int], Overlay]) -> int:
        for _ in range(TRIES):
            newest = await self._read(lambda books: books.settings_version(books.settings_number()))
            now, number = (newest.overlay, newest.number) if newest else (NOTHING, 0)
            after = await asyncio.to_thread(make, now, number + 1)
            found = differences(now, after)
            if not found:
                return number
            mending = not change.values and bool(change.drop)
            await asyncio.to_thread(self._refuse, now, after, mending=mending)
            version = SettingsVersion(
                number=number + 1, at=change.entry.at, by=change.by, note=change.note, overlay=after
            )
            if await self._write(lambda books, v=version, f=found: _add(books, v, change, f)):  # type: ignore[misc]
                return version.number
        raise SettingsRefused((Wrong((), "others are changing the settings just now", FASTER),))

    @staticmethod
    def _refuse_if_overtaken(now: Overlay, change: Change) -> None:
        for path in (*change.values, *change.drop):
            setting = now.get(path)
            if setting is not None and setting.version > change.seen:
                raise SettingsRefused((Wrong(path, f"was changed by {setting.by} meanwhile", FASTER),))

    def _only_what_differs(self, before: Overlay, after: Overlay, paths: tuple[Path, ...]) -> Overlay:
        """A form sends all its fields; only those that mean something new are set, and none that the files say too."""
        was, _ = self._source.layers.examined(before)
        then, _ = self._source.layers.examined(after)
        by_files, _ = self._source.layers.examined(without(after, *paths))
        if then is None:
            return after  # refused in a moment, with what is wrong
        kept = dict(after)
        for path in paths:
            wanted = meaning(then.found, path)
            if by_files is not None and meaning(by_files.found, path) == wanted:
                kept.pop(path, None)
            elif was is not None and path in before and meaning(was.found, path) == wanted:
                kept[path] = before[path]
        return kept

    def _refuse(self, before: Overlay, after: Overlay, *, mending: bool) -> None:
        """Raise SettingsRefused unless a service can run by this: now, and with the files as they are by now.

        Where it cannot run as it is, keys may be dropped one by one until it can.
        """
        found, problems = self._examined(self._source.layers, after)
        if found is None and not (mending and self._examined(self._source.layers, before)[0] is None):
            raise SettingsRefused(tuple(problems))
        try:
            ahead = self._source.reread()
        except ConfigError:
            return
        if ahead.sources == self._source.layers.sources or self._examined(ahead, before)[0] is None:
            return
        found, problems = self._examined(ahead, after)
        if found is None:
            with_files = "with the files as they are now"
            raise SettingsRefused(
                tuple(Wrong(one.path, f"{one.what} ({with_files})", one.remedy) for one in problems)
            )

    def _examined(self, layers: Layers, overlay: Overlay) -> tuple[Checked | None, list[Wrong]]:
        found, problems = layers.examined(overlay)
        if found is None:
            return None, [_wrong(problem) for problem in problems]
        try:
            refuse_messages(
                self._messages_with(build_wording(found.found)), build_rules(found.found), wiring.now()
            )
        except ConfigError as error:
            return None, [_of_message(line) for line in str(error).splitlines()]
        return found, []

    # -- messages

    async def wording(self, name: str, language: str) -> str:
        newest = (await self._read(self._newest_and_started))[0]
        messages, _ = await asyncio.to_thread(self._in_force, newest)
        return messages.source(name, language).strip()

    def _in_force(self, newest: SettingsVersion | None) -> tuple[Messages, Rules]:
        """Those of one version stay the same, and to make them costs more than all else on a page of texts."""
        number = newest.number if newest else 0
        if self._made is None or self._made[0] != number:
            found = self._source.layers.checked(newest.overlay if newest else NOTHING).found
            self._made = number, self._messages_with(build_wording(found)), build_rules(found)
        return self._made[1:]

    async def packaged(self, name: str, language: str) -> str:
        return Messages().source(name, language).strip()

    async def preview(self, name: str, language: str, words: str, site: Site) -> Preview:
        newest = (await self._read(self._newest_and_started))[0]

        def of_these_words() -> Preview:
            _, rules = self._in_force(newest)
            return _preview(self._messages_with({(language, name): words}), name, language, site, rules)

        return await asyncio.to_thread(of_these_words)

    async def previews(self, language: str, site: Site) -> list[tuple[str, Preview]]:
        newest = (await self._read(self._newest_and_started))[0]

        def all_of_them() -> list[tuple[str, Preview]]:
            messages, rules = self._in_force(newest)
            return [(name, _preview(messages, name, language, site, rules)) for name in NAMES]

        return await asyncio.to_thread(all_of_them)

    # -- links

    async def test(self) -> list[Found]:
        return await asyncio.to_thread(self._test) if self._test else []


def _add(books: Books, version: SettingsVersion, change: Change, found: tuple[Difference, ...]) -> bool:
    """False, and nothing is written, when another change came first."""
    if books.settings_number() != version.number - 1:
        return False
    books.add_settings(version)
    keys = ", ".join(written(one.path) for one in found)
    books.add_audit(
        replace(change.entry, what=f"{change.note}: {keys}"[:500], about=f"settings-{version.number}")
    )
    return True


def _preview(messages: Messages, name: str, language: str, site: Site, rules: Rules) -> Preview:
    now = wiring.now()
    # While they are open, nothing says when they open next; the texts that do go out after closing.
    then = closes_at(site.hours, now) or now
    visit = visit_phrase(then, zone=site.hours.zone, language=language)
    link = sample_link(rules, site)
    values = site_words(site, language, then) | {"task": "T-k3x9a2m4q7wz", "when": visit, "link": link}
    problems = messages.wrong_with(name, language, samples=(values,))
    if problems:
        said = tuple(problem.partition(": ")[2] for problem in problems)
        return Preview(text="", parts=(), alphabet="", problems=said)
    text = messages.render(name, language, values)
    return Preview(text=text, parts=tuple(segments(text)), alphabet=encoding(text).name)


def _shown(path: Path, value: Value) -> Value:
    if isinstance(value, str) and not may_show(path) and not path[-1].endswith("_file"):
        parts = urlsplit(value)
        return f"{parts.scheme}://{parts.hostname}/…" if parts.hostname else "…"
    return value


def _wrong(problem: Problem) -> Wrong:
    found = f" (found {problem.value})" if problem.value is not None else ""
    # The key as it was set; the check counts the entries of a list, where the screen names them.
    key = path_of(problem.place.key) if problem.place.key else ()
    return Wrong((*key, *problem.path[len(key) :]), f"{problem.what}{found}", problem.remedy)


def _of_message(line: str) -> Wrong:
    """`messages.wording.en.help:1: what; remedy`."""
    place, _, said = line.partition(": ")
    what, _, remedy = said.rpartition("; ")
    key = place.rpartition(":")[0] or place
    return Wrong(tuple(key.split(".")), what or remedy, f"{remedy[:1].upper()}{remedy[1:]}." if what else "")
