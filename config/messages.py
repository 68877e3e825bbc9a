"""The keys of what the texts say."""

from typing import Literal

from pydantic import Field

from config.fields import AbsolutePath, Line, Word
from config.section import Section


class Messages(Section):
    """What the texts say."""

    directory: AbsolutePath | None = Field(examples=["/etc/secondring/messages"])
    """Your own wording; a file found there takes the place of ours."""
    wording: dict[Literal["en", "es"], dict[Word, Line]] = Field(
        examples=['{en: {help: "Call {{ phone }}."}}']
    )
    """Your own wording, by language and message; it takes the place of a file and of ours."""
