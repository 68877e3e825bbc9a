"""A real gammu-smsd with Gammu's own dummy phone, in a folder of its own."""

import gzip
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

SCHEMA = Path("/usr/share/doc/gammu-smsd/examples/sqlite.sql")
CONFIG = """
[gammu]
model = dummy
connection = none
port = {folder}/phone
gammuloc = /dev/null

[smsd]
service = sql
driver = sqlite3
database = smsd.db
dbdir = {folder}
phoneid = {phone}
commtimeout = 1
receivefrequency = 1
statusfrequency = 0
loopsleep = 1
"""


def installed() -> bool:
    """True when Debian's package is there, with a database driver."""
    return shutil.which("gammu-smsd") is not None and any(
        path.exists() for path in (SCHEMA, SCHEMA.with_suffix(".sql.gz"))
    )


class SmsdBooks:
    """The daemon's database, made from the schema that its package brings; nobody works on it yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "smsd.db"
        packed = SCHEMA.with_suffix(".sql.gz")
        script = SCHEMA.read_text() if SCHEMA.exists() else gzip.decompress(packed.read_bytes()).decode()
        with sqlite3.connect(self.database) as books:
            books.executescript(f"BEGIN; {script} COMMIT;")
        books.close()

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Look into its database, or change it."""
        with sqlite3.connect(self.database, timeout=10) as books:
            found = books.execute(query, values).fetchall()
        books.close()
        return found


class Smsd(SmsdBooks):
    """The daemon: `start` it when it is wanted. Its database is there from the beginning."""

    def __init__(self, folder: Path, *, phone: str = "front-desk", zone: str = "America/New_York") -> None:
        super().__init__(folder)
        self._zone = zone
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "phone/sms/1").mkdir(parents=True)
        (folder / "rc").write_text(CONFIG.format(folder=folder, phone=phone))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Run it."""
        self._process = subprocess.Popen(
            ["gammu-smsd", "-c", str(self.folder / "rc")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TZ": self._zone},
        )

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)
        self._process = None

    def write(self, sender: str, words: str, udh: str = "") -> None:
        """A text reaches its phone: a file in Gammu's own format for backups."""
        self._count += 1
        lines = [
            "[SMSBackup000]",
            "PDU = Deliver",
            f'SMSC = "{sender}"',
            f"SMSCUnicode = {_hex(sender)}",
            "DateTime = 20260302T120000",
            "SentDateTime = 20260302T120000",
            "State = UnRead",
            f'Number = "{sender}"',
            f"NumberUnicode = {_hex(sender)}",
            f"Text00 = {_hex(words)}",
            "Coding = Unicode_No_Compression",
            "Folder = 1",
            f"Length = {len(words)}",
            "Class = -1",
            *([f"UDH = {udh}"] if udh else []),
        ]
        (self.folder / f"phone/sms/1/{self._count}").write_text("\n".join(lines) + "\n")


def _hex(words: str) -> str:
    return words.encode("utf-16-be").hex().upper()
