"""The lab's own announcements: plain tones, so that no scenario depends on which prompts a box has."""

import array
import math
import wave
from collections.abc import Sequence
from pathlib import Path

RATE = 8000
QUESTION = 350  # Hz: what one hears when asked to press a key
MUSIC = 520  # Hz: what one hears on hold
PROMPTS = {
    "please-choose": (QUESTION, 1.0),
    "closed": (300, 1.0),
    "beep": (1000, 0.2),
    "hold/music": (MUSIC, 2.0),
}


def write_prompts(directory: Path) -> None:
    """Write every prompt as a wav file that Asterisk can play."""
    for name, (frequency, seconds) in PROMPTS.items():
        path = directory / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tone(path, frequency, seconds)


def write_tone(path: Path, frequency: float, seconds: float) -> None:
    """Write one sine tone, 16 bit mono."""
    samples = array.array(
        "h", (int(8000 * math.sin(2 * math.pi * frequency * n / RATE)) for n in range(int(RATE * seconds)))
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def tone_share(samples: Sequence[int], frequency: float) -> float:
    """Say which share of the sound's energy is in one frequency (Goertzel): 1.0 is a pure tone, 0.0 none."""
    energy = float(sum(sample * sample for sample in samples))
    if not energy:
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * frequency / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = before * before + last * last - coefficient * before * last
    return 2 * power / (len(samples) * energy)
