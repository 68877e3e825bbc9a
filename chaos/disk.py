"""A small disk that can be filled to its last block."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

SIZE_MB = 96


class SmallDisk:
    """A file system of its own where root may mount one; otherwise a plain folder, which cannot be filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0700", "tmpfs", str(folder)]
        self.is_small = os.geteuid() == 0 and _worked(command)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_small:  # what lies on it stays, for whoever wants to look
            kept = self.folder.with_name(f"{self.folder.name}.kept")
            shutil.copytree(self.folder, kept)
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
            self.folder.rmdir()
            kept.rename(self.folder)

    def fill(self) -> None:
        """Leave no block free."""
        room = os.statvfs(self.folder)
        block = bytes(room.f_bsize)
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            try:
                os.posix_fallocate(ballast.fileno(), 0, room.f_bavail * room.f_bsize)
                while True:
                    os.pwrite(ballast.fileno(), block, os.fstat(ballast.fileno()).st_size)
            except OSError:
                return

    def free(self) -> None:
        """Give the room back."""
        (self.folder / "ballast").unlink(missing_ok=True)


def _worked(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
