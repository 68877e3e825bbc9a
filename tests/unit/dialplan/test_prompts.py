"""What callers hear: every sentence in both languages, made by a voice, and a clinic's own recordings."""

import re
import shutil
import wave
from pathlib import Path

import pytest

from dialplan import prompts
from dialplan.prompts import Prompt, build, missing
from secondring.domain.errors import ConfigError

SITES = {"north": "Northside Clinic", "south": "Clínica del Sur"}
ALL = list(prompts.prompts(SITES))


def words(name: str, language: str) -> str:
    return next(p.words for p in ALL if (p.name, p.language) == (name, language))


@pytest.mark.parametrize("language", prompts.LANGUAGES)
def test_every_site_greets_by_its_name(language: str) -> None:
    assert "Clínica del Sur" in words("greeting-south", language)
    assert len([p for p in ALL if p.language == language]) == len({p.name for p in ALL})


@pytest.mark.parametrize("prompt", ALL, ids=lambda p: f"{p.language}-{p.name}")
def test_the_key_comes_last_and_911_first(prompt: Prompt) -> None:
    for sentence in re.split(r"[.:] ", prompt.words):
        key = re.search(r"(?:press|oprima) (\d)", sentence)
        if key:
            assert sentence.rstrip(".").endswith(key[1])
    if prompt.name == "offer-queue":
        assert prompt.words.index("9 1 1") < prompt.words.index("1.", prompt.words.index("9 1 1") + 6)


def test_short_enough_to_listen_to() -> None:
    assert max(len(prompt.words) for prompt in ALL) < 300


def test_a_recording_of_the_clinics_own_wins(tmp_path: Path) -> None:
    prompt = Prompt("goodbye", "en", "Goodbye.")
    own = prompt.place(tmp_path).with_suffix(".ulaw")
    own.parent.mkdir(parents=True)
    own.write_bytes(b"our own voice")
    assert build(prompt, tmp_path) == []
    assert prompt.found(tmp_path) == [own]
    assert "goodbye" not in {p.name for p in missing(SITES, tmp_path, ("en",))}


@pytest.mark.parametrize("language", prompts.LANGUAGES)
def test_a_voice_makes_what_asterisk_plays(tmp_path: Path, language: str) -> None:
    prompt = Prompt("goodbye", language, words("goodbye", language))
    if any(shutil.which(tool) is None for tool in prompts.TOOLS):
        pytest.skip("no voices on this machine: scripts/test installs them")
    made = build(prompt, tmp_path)
    narrow, wide = sorted(made, key=lambda file: file.suffix, reverse=True)
    with wave.open(str(narrow)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        seconds = sound.getnframes() / 8000
    assert 0.2 < seconds < 5
    assert wide.suffix == ".sln16"
    assert abs(wide.stat().st_size / 32000 - seconds) < 0.1
    assert build(prompt, tmp_path) == []


def test_without_a_voice_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="apt-get install flite espeak-ng sox"):
        build(Prompt("goodbye", "en", "Goodbye."), tmp_path)
