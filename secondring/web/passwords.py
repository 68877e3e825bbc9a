"""Argon2id, and nothing else, for passwords."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""Hashes computed side by side: each takes 19 MiB, and the PBX comes first."""


class Passwords:
    """Hashes and checks passwords in threads, a few at a time."""

    def __init__(self) -> None:
        # OWASP Password Storage Cheat Sheet: Argon2id with m=19456 (19 MiB), t=2, p=1.
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """For the books. Takes some tens of milliseconds."""
        return self._hasher.hash(password)

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Compare with what the books have. For nobody (None) it takes just as long, and is never right."""
        async with self._turns:
            return await asyncio.to_thread(self._compare, password, kept or self._nobodys) and bool(kept)

    def _compare(self, password: str, kept: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def hashed(self, password: str) -> str:
        """`hash` off the event loop."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)
