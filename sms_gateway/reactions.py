"""What to do about each error code of each carrier: data in `carriers/codes/NAME.yaml`, read once.

Drivers hand over a carrier's own code and judge nothing; the core looks the reaction up here. Carriers change
their codes, so an unknown one has a safe reaction too: a person calls back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from secondring.domain.errors import ConfigError

CODES = Path(__file__).parent / "carriers" / "codes"
UNKNOWN_REFUSED, UNKNOWN_BROKEN = "4xx", "5xx"
"""The rows for codes that have none of their own: `5xx` for HTTP's 500 to 599, `4xx` for all others."""
_BROKEN = re.compile(r"5\d\d")
_DURATION = re.compile(r"(\d{1,4})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class React(StrEnum):
    """What the gateway does about a text that a carrier refused or could not deliver."""

    RETRY = "retry"
    """The same way again, after each of the times in `spacing`; then as `then` says."""
    SLOW_DOWN = "slow-down"
    """Not taken, and we were too fast: back off and try again."""
    OTHER_SENDER = "other-sender"
    """This number of ours cannot reach that phone: another number, else another carrier."""
    OTHER_CARRIER = "other-carrier"
    """This carrier cannot reach that phone: another one."""
    ACCOUNT = "account"
    """Nothing goes through this account: alarm, fail over, prefer others for a while."""
    REGISTRATION = "registration"
    """The sender's registration is blocked: alarm, fail over, prefer others for a while."""
    NEVER = "never"
    """Final; a person calls."""
    FILTERED = "filtered"
    """The words were taken for spam: these words never again, by nobody. Alarm when it happens often."""
    LANDLINE = "landline"
    """No phone that takes texts: remembered; a person calls."""
    BAD_NUMBER = "bad-number"
    """Nobody's number: remembered; a person calls."""
    OPTED_OUT = "opted-out"
    """They told the carrier to stop: kept as their opt-out; a person calls."""
    UNCERTAIN = "uncertain"
    """It may have been taken: find out before anything else is tried."""


IN_WORDS = {
    React.RETRY: "tried again the same way",
    React.SLOW_DOWN: "tried again more slowly",
    React.OTHER_SENDER: "sent from another number, else by another carrier",
    React.OTHER_CARRIER: "sent by another carrier",
    React.ACCOUNT: "alarm; other carriers take over",
    React.REGISTRATION: "alarm; other numbers and carriers take over",
    React.NEVER: "not tried again; a person calls",
    React.FILTERED: "these words are never sent again by anybody; a person calls; alarm when it happens often",
    React.LANDLINE: "remembered as not textable; a person calls",
    React.BAD_NUMBER: "remembered as nobody's number; a person calls",
    React.OPTED_OUT: "kept as an opt-out, waiting texts are cancelled; a person calls",
    React.UNCERTAIN: "the carrier is asked what became of it before anything else is tried",
}
"""For the table of codes that administrators read."""

MOVES = frozenset({React.OTHER_SENDER, React.OTHER_CARRIER, React.ACCOUNT, React.REGISTRATION})
"""The sender's fault or the carrier's, so that another way may do better. Never the recipient's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One row of a table."""

    code: str
    meaning: str
    react: React
    remedy: str = ""
    """What an administrator can do about it; empty where nothing is to be done."""
    spacing: tuple[timedelta, ...] = ()
    then: React = React.NEVER
    """When all the times in `spacing` are used up."""


def _read_duration(raw: object) -> timedelta:
    found = _DURATION.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        raise ValueError("is not a length of time such as 30s, 15m or 2h")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[\x21-\x7e]{1,40}$")
    meaning: str = Field(min_length=3)
    reaction: React
    remedy: str = ""
    spacing: tuple[Annotated[timedelta, BeforeValidator(_read_duration)], ...] = ()
    then: React | None = None

    @model_validator(mode="after")
    def _spaced(self) -> "_Row":
        if self.reaction is not React.RETRY and (self.spacing or self.then is not None):
            raise ValueError("spacing and then belong to `reaction: retry` only")
        if self.reaction is React.RETRY and not self.spacing:
            raise ValueError("retry needs spacing: when to try again")
        if self.then in (React.RETRY, React.SLOW_DOWN, React.UNCERTAIN):
            raise ValueError("then must end the tries or lead elsewhere")
        return self

    def reaction_of_it(self) -> Reaction:
        return Reaction(
            code=self.code,
            meaning=self.meaning,
            react=self.reaction,
            remedy=self.remedy,
            spacing=self.spacing,
            then=self.then or React.NEVER,
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    codes: tuple[_Row, ...]

    @model_validator(mode="after")
    def _once(self) -> "_File":
        names = [row.code for row in self.codes]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"has more than one row for {', '.join(twice)}")
        return self


@dataclass(frozen=True, slots=True)
class Table:
    """The codes of one carrier."""

    rows: Mapping[str, Reaction]

    def reaction(self, code: str) -> Reaction:
        """What to do about a code; unknown ones have a row too."""
        found = self.rows.get(code)
        if found is not None:
            return found
        return self.rows[UNKNOWN_BROKEN if _BROKEN.fullmatch(code) else UNKNOWN_REFUSED]


def read_table(text: str, name: str, fallback: Mapping[str, Reaction] | None = None) -> Table:
    """A table from its YAML; raises ConfigError that tells each mistake. Rows of `fallback` stand where it has none."""
    try:
        raw = yaml.safe_load(text)
        found = _File.model_validate(raw)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: is not valid YAML: {type(error).__name__}") from None
    except ValidationError as error:
        slips = "; ".join(_slip(raw, detail["loc"], detail["msg"]) for detail in error.errors())
        raise ConfigError(f"{name}: {slips}") from None
    rows = {row.code: row.reaction_of_it() for row in found.codes}
    return Table({**(fallback or {}), **rows})


def _slip(raw: object, loc: tuple[int | str, ...], what: str) -> str:
    """Names the row by its code, as whoever mends it will look for that."""
    row = raw["codes"][loc[1]] if isinstance(raw, dict) and loc[:1] == ("codes",) and len(loc) > 1 else None
    code = row.get("code") if isinstance(row, dict) else None
    at = ".".join(str(part) for part in loc)
    return f"{at}{f' (code {code})' if code else ''}: {what}"


@cache
def table_of(kind: str) -> Table:
    """The codes of a kind of carrier; only the two for unknown codes where we have no table of it."""
    defaults = read_table((CODES / "default.yaml").read_text("utf-8"), "default.yaml").rows
    file = CODES / f"{kind}.yaml"
    if not file.is_file():
        return Table(defaults)
    return read_table(file.read_text("utf-8"), file.name, defaults)


def kinds() -> list[str]:
    """The kinds of carriers that have a table, in the order of their names."""
    return sorted(file.stem for file in CODES.glob("*.yaml") if file.stem != "default")
