"""A MariaDB of the tests' own: no port, a socket in a folder that only lasts as long as the session."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pymysql
import pytest

from tests.support.until import until

OWNER = "nobody"
"""Whose process it is where we are root: a server refuses to be root's."""
DATABASE, ACCOUNT, PASSWORD = "asteriskcdrdb", "secondring", "a password of the tests: 100%/@"
SMALL = (
    *(
        "--skip-networking",
        "--skip-log-bin",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=8M",
    ),
    *("--innodb-log-file-size=8M", "--performance-schema=OFF", "--innodb-fast-shutdown=2"),
)


class MariaDb:
    """A server with FreePBX's database, and an account that may read its two tables and do nothing else."""

    def __init__(self) -> None:
        if shutil.which("mariadb-install-db") is None or not Path("/usr/sbin/mariadbd").exists():
            pytest.fail(
                "no MariaDB here: `apt-get install mariadb-server-core mariadb-client-core` (scripts/test does it)"
            )
        # A socket's path may have 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="maria-", dir="/tmp"))
        self.socket = self.folder / "socket"
        self._owner = f"--user={OWNER}" if os.geteuid() == 0 else "--skip-external-locking"
        if os.geteuid() == 0:
            shutil.chown(self.folder, OWNER)
            self.folder.chmod(0o755)
        data = f"--datadir={self.folder / 'data'}"
        subprocess.run(
            [
                *("mariadb-install-db", "--no-defaults", data, "--auth-root-authentication-method=normal"),
                *("--skip-test-db", *([self._owner] if os.geteuid() == 0 else [])),
            ],
            check=True,
            capture_output=True,
        )
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(
                        "setpriv",
                        "--pdeathsig",
                        "KILL",
                        "/usr/sbin/mariadbd",
                        "--no-defaults",
                        data,
                        self._owner,
                    ),
                    *(f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}", *SMALL),
                ],
                stdout=log,
                stderr=log,
                cwd="/",
            )
        until(self._answers, (self.folder / "log").read_text, timeout=120)
        self.sql(
            f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4",
            f"CREATE USER '{ACCOUNT}'@'localhost' IDENTIFIED BY '{PASSWORD}'",
        )

    def url(self, account: str = ACCOUNT) -> str:
        return f"mysql+pymysql://{account}@localhost/{DATABASE}?unix_socket={self.socket}"

    def sql(self, *statements: str, values: Sequence[Sequence[object]] = ()) -> None:
        """Run statements as the server's owner; with values, the last one for each of them."""
        with pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True) as connection:
            cursor = connection.cursor()
            for statement in statements[: len(statements) - bool(values)]:
                cursor.execute(statement)
            if values:
                cursor.executemany(statements[-1], values)

    def remove(self) -> None:
        """Stop it, and leave nothing."""
        self._process.kill()
        self._process.wait(60)
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        """The socket is there once it takes connections."""
        assert self._process.poll() is None, (self.folder / "log").read_text()
        if not self.socket.exists():
            return False
        self.sql("SELECT 1")
        return True
