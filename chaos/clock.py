"""The clock of our processes alone, which can be stepped while they run.

libfaketime (Debian: faketime) stands between a process and the C library's clock and adds what a file says. Only the
wall clock is changed: real clocks that are set leave CLOCK_MONOTONIC alone as well.
"""

from pathlib import Path

LIBRARIES = "**/faketime/libfaketimeMT.so.1"


def library() -> Path | None:
    """Where libfaketime is, the one for programs with threads."""
    return next(iter(sorted(Path("/usr/lib").glob(LIBRARIES))), None)


class Clock:
    """What time it is for whoever runs with `environ`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.set(0)

    def set(self, seconds: float) -> None:
        """Be so many seconds ahead; negative: behind."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+g}\n")
        fresh.replace(self._file)

    @property
    def environ(self) -> dict[str, str]:
        """Empty where there is no libfaketime."""
        found = library()
        if found is None:
            return {}
        return {
            "LD_PRELOAD": str(found),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
