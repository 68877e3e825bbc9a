"""`secondring prompts` in an empty place: everything is made in both languages, loud enough, and not distorted."""

import array
import math
import os
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from dialplan import prompts

CLIPPED, FAINT = 0.98, 0.02
"""Of full scale: the highest sample of a prompt, and the mean of its energy."""
MISSING = 78
SOUTH = """
sites:
  south:
    name: Southside Clinic
    phone: +1 202 555 0120
    dids: [+1 202 555 0120]
    zone: America/New_York
    language: es
    hours: {mon-fri: ["08:00-17:00"]}
"""
"""A second site, so that both languages are in use: what nobody will hear is not missed."""


def secondring(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from secondring.cli import main; main()", *words]
    environ = os.environ | {"SECONDRING_CONFIG": str(home / "etc")}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ)


def samples(file: Path) -> "array.array[int]":
    heard = array.array("h")
    if file.suffix == ".wav":
        with wave.open(str(file)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
            heard.frombytes(sound.readframes(sound.getnframes()))
    else:
        heard.frombytes(file.read_bytes())
    return heard


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if any(shutil.which(tool) is None for tool in prompts.TOOLS):
        pytest.skip("no voices on this machine: scripts/test installs them")
    place = tmp_path_factory.mktemp("prompts")
    clinic = ("--clinic", "Northside Clinic", "--phone", "+12025550100", "--zone", "America/New_York")
    assert secondring(place, "init", *clinic).returncode == 0
    (place / "etc/conf.d/20-south.yaml").write_text(SOUTH)
    own = place / "sounds/en/secondring/goodbye.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"our own voice")
    return place


def test_what_is_missing_is_named_by_language_then_made_and_then_there(home: Path) -> None:
    sounds = ("--sounds", str(home / "sounds"))
    said = secondring(home, "prompts", "check", *sounds)
    assert said.returncode == MISSING
    for language in prompts.LANGUAGES:
        assert f"/{language}/secondring/urgent-wait.wav" in said.stderr
    assert "/en/secondring/goodbye.wav" not in said.stderr
    assert "/es/secondring/goodbye.wav" in said.stderr
    assert secondring(home, "prompts", "build", *sounds).returncode == 0
    assert secondring(home, "prompts", "check", *sounds).returncode == 0
    assert (home / "sounds/en/secondring/goodbye.wav").read_bytes() == b"our own voice"
    assert not (home / "sounds/en/secondring/goodbye.sln16").exists()
    listed = secondring(home, "prompts", "list", "--json", *sounds).stdout.splitlines()
    made = sorted((home / "sounds").glob("*/secondring/*"))
    assert len(made) == 2 * len(listed) - 1
    for file in made:
        if file.stem == "goodbye" and file.parts[-3] == "en":
            continue
        heard = samples(file)
        loudest = max(abs(sample) for sample in heard) / 32768
        mean = math.sqrt(sum(sample * sample for sample in heard) / len(heard)) / 32768
        assert loudest < CLIPPED, file
        assert mean > FAINT, file
