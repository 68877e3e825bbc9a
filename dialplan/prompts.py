"""What callers hear: the texts, and the sound files made of them by a voice of Debian's.

A file that is there already is never replaced: that is how a clinic's own recording wins. It lies where
Asterisk looks, `sounds/<language>/secondring/<name>.<format>`.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from secondring.domain.errors import ConfigError

TEXTS = Path(__file__).parent / "prompts.yaml"
PLACE = "secondring"
LANGUAGES = ("en", "es")
FORMATS = ("wav", "sln16")
"""8 kHz for telephone lines, 16 kHz for wideband phones."""
RECORDED = ("wav", "sln16", "wav16", "ulaw", "alaw", "gsm", "g722", "sln", "WAV")
"""What a clinic's own recording may come as."""
TOOLS = ("flite", "espeak-ng", "sox")
TTS_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Prompt:
    """One sound file to be: its name, its language and its words."""

    name: str
    language: str
    words: str

    def place(self, sounds: Path) -> Path:
        """Where it lies below Asterisk's sounds, without its ending."""
        return sounds / self.language / PLACE / self.name

    def found(self, sounds: Path) -> list[Path]:
        """The files that are there, the clinic's own among them."""
        place = self.place(sounds)
        return [file for end in RECORDED if (file := place.with_name(f"{place.name}.{end}")).is_file()]


@cache
def _texts() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = yaml.safe_load(TEXTS.read_text("utf-8"))
    return read


def stock_sounds(name: str) -> str:
    """What Asterisk has of its own for a prompt that is missing; raises ConfigError where it has nothing."""
    stock = _texts()[name].get("stock")
    if stock is None:
        raise ConfigError(
            f"the prompt {name!r} is missing and Asterisk has no sound like it: run `secondring prompts build`"
        )
    return stock


def prompts(sites: Mapping[str, str], languages: tuple[str, ...] = LANGUAGES) -> Iterator[Prompt]:
    """Every prompt, for the sites given as id to name."""
    for language in languages:
        for name, texts in _texts().items():
            if "{clinic}" in texts[language]:
                for site, clinic in sites.items():
                    yield Prompt(f"{name}-{site}", language, texts[language].format(clinic=clinic))
            else:
                yield Prompt(name, language, texts[language])


def missing(sites: Mapping[str, str], sounds: Path, languages: tuple[str, ...] = LANGUAGES) -> list[Prompt]:
    """The prompts that are not there in any format."""
    return [prompt for prompt in prompts(sites, languages) if not prompt.found(sounds)]


def build(prompt: Prompt, sounds: Path) -> list[Path]:
    """Make the files of a prompt; nothing is done where one is there already. Gives what was written.

    Raises ConfigError when the voices are not installed or fail.
    """
    if prompt.found(sounds):
        return []
    _need_tools()
    place = prompt.place(sounds)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        _run(_voice(prompt, spoken))
        made = [_convert(spoken, Path(folder), ending) for ending in FORMATS]
        return [Path(shutil.move(file, place.with_name(f"{place.name}{file.suffix}"))) for file in made]


def _voice(prompt: Prompt, file: Path) -> list[str]:
    words = re.sub(r"\s+", " ", prompt.words)
    if prompt.language == "en":
        return ["flite", "-voice", "slt", "-t", words, "-o", str(file)]
    return ["espeak-ng", "-v", "es-419", "-s", "150", "-w", str(file), "--", words]


def _convert(spoken: Path, folder: Path, ending: str) -> Path:
    """One channel, 16 bit, at a level that is heard and not clipped."""
    made = folder / f"made.{ending}"
    form = ["-t", "raw", "-r", "16000"] if ending == "sln16" else ["-t", "wav", "-r", "8000"]
    _run(["sox", "-V1", str(spoken), *form, "-c", "1", "-b", "16", "-e", "signed", str(made), "norm", "-3"])
    return made


def _need_tools() -> None:
    gone = [tool for tool in TOOLS if shutil.which(tool) is None]
    if gone:
        raise ConfigError(
            f"no voice to make prompts with: run `apt-get install {' '.join(gone)}`, or record them yourself"
        )


def _run(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        command, capture_output=True, text=True, check=False, timeout=TTS_SECONDS
    )
    if done.returncode:
        raise ConfigError(f"{command[0]} could not make a prompt: {done.stderr.strip()[:200]}")
