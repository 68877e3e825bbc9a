"""What a lab phone says and hears on one call: a tone out, a recording in. Used on the SIP thread only."""

import array
import tempfile
import time
from pathlib import Path
from typing import Any

import pjsua2 as pj

from lab.sounds import RATE, tone_share

WAV_HEADER_BYTES = 44
LISTEN_SAMPLES = RATE // 4
MOMENT = RATE // 50
"""20 ms: what a packet holds."""
CLEAR_TONE = 0.5


class Sound:
    """The tone generator and the recorder of one call, connected whenever sound can flow."""

    def __init__(self) -> None:
        self._tone: Any = None
        self._recorder: Any = None
        self._file: Path | None = None
        self._since = 0.0

    def start_tone(self, frequency: int) -> None:
        """Make a tone, without end."""
        self._tone = pj.ToneGenerator()
        self._tone.createToneGenerator(RATE, 1)
        tone = pj.ToneDesc()
        tone.freq1, tone.freq2, tone.on_msec, tone.off_msec = frequency, 0, 1000, 0
        tones = pj.ToneDescVector()
        tones.append(tone)
        self._tone.play(tones, loop=True)

    def start_recorder(self) -> None:
        """Begin to write what is heard; once is enough."""
        if self._file is None:
            self._file = Path(tempfile.mkdtemp(prefix="secondring-line-")) / "heard.wav"
            self._recorder = pj.AudioMediaRecorder()
            self._recorder.createRecorder(str(self._file))
            self._since = time.time()

    def connect(self, audio: Any) -> None:
        """Join both to the sound of a call."""
        if self._tone is not None:
            self._tone.startTransmit(audio)
        if self._recorder is not None:
            audio.startTransmit(self._recorder)

    def hears(self, frequency: int) -> bool:
        """Say whether the last quarter of a second was this tone. Any thread may ask."""
        return tone_share(self._last_samples(), frequency) > CLEAR_TONE

    def first_heard(self, frequency: int) -> float | None:
        """When a tone began in what was recorded, in seconds since 1970, to 20 ms; None when it is not in it."""
        samples = self._samples()
        for start in range(0, len(samples) - MOMENT, MOMENT):
            if tone_share(samples[start : start + MOMENT], frequency) > CLEAR_TONE:
                return self._since + start / RATE
        return None

    def release(self) -> list[Any]:
        """Give up everything; the caller drops what is returned when pjsua2 allows it."""
        things = [self._tone, self._recorder]
        self._tone = self._recorder = None
        if self._file:
            self._file.unlink(missing_ok=True)
            self._file.parent.rmdir()
            self._file = None
        return things

    def _last_samples(self) -> "array.array[int]":
        return self._samples()[-LISTEN_SAMPLES:]

    def _samples(self) -> "array.array[int]":
        samples = array.array("h")
        if self._file and self._file.exists():
            heard = self._file.read_bytes()[WAV_HEADER_BYTES:]
            samples.frombytes(heard[: len(heard) // 2 * 2])
        return samples
