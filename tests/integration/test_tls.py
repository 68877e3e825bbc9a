"""Our own listeners speak TLS, take up renewed certificates, and believe no stranger about where they come from."""

import asyncio
import logging
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from secondring import certificates, serving
from secondring.certificates import Certificate
from secondring.serving import Listen, serve
from secondring.web.app import make_app
from tests.support.certificates import loopback_certificate
from tests.support.pages import Pages
from tests.support.until import until

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def paper(folder: Path, name: str = "server") -> Certificate:
    made = loopback_certificate(folder, name)
    return Certificate(made.cert, made.key)


def trusting(*files: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    for file in files:
        context.load_verify_locations(file)
    return context


async def shown(port: int, files: tuple[Path, ...]) -> bytes:
    """The certificate that a new connection is shown."""
    _, writer = await asyncio.open_connection(HOST, port, ssl=trusting(*files))
    try:
        found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return found
    finally:
        writer.close()
        with suppress(ssl.SSLError, ConnectionError):
            await writer.wait_closed()


def bytes_of(file: Path) -> bytes:
    return x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER)


@asynccontextmanager
async def served(certificate: Certificate | None, pages: Pages | None = None) -> AsyncIterator[int]:
    """Staff's pages as they are served; the port."""
    pages = pages or Pages()
    app = make_app(pages.make_desk(encrypted=certificate is not None))
    port = free_port()
    work = asyncio.create_task(serve(app, Listen(name="web", host=HOST, port=port, certificate=certificate)))
    try:
        await until_open(port)
        yield port
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def until_open(port: int) -> None:
    async with asyncio.timeout(15):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, port)
                writer.close()
                return
            await asyncio.sleep(0.01)


async def test_staffs_pages_by_tls(tmp_path: Path) -> None:
    certificate = paper(tmp_path)
    async with served(certificate) as port, httpx.AsyncClient(verify=trusting(certificate.file)) as browser:
        answer = await browser.get(f"https://{HOST}:{port}/log-in")
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-form=")
        assert "Secure" in cookie
        with pytest.raises(httpx.HTTPError):
            await browser.get(f"http://{HOST}:{port}/log-in")


async def test_old_tls_is_refused(tmp_path: Path) -> None:
    certificate = paper(tmp_path)
    assert certificate.context().minimum_version is ssl.TLSVersion.TLSv1_2
    old = trusting(certificate.file)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with served(certificate) as port:
        with pytest.raises(OSError):
            await asyncio.open_connection(HOST, port, ssl=old)


async def test_without_a_certificate_nobody_is_told_to_come_by_tls() -> None:
    async with served(None) as port, httpx.AsyncClient() as browser:
        answer = await browser.get(f"http://{HOST}:{port}/log-in")
        assert "strict-transport-security" not in answer.headers


async def test_a_renewed_certificate_is_taken_up_and_nobody_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(certificates, "LOOK_EVERY", 0.02)
    caplog.set_level(logging.INFO)
    certificate, newer = paper(tmp_path), paper(tmp_path, "newer")
    before, after = bytes_of(certificate.file), bytes_of(newer.file)
    old_file = tmp_path / "old.pem"
    shutil.copy(certificate.file, old_file)
    trusted = (old_file, newer.file)
    async with served(certificate) as port, httpx.AsyncClient(verify=trusting(*trusted)) as browser:
        url = f"https://{HOST}:{port}/log-in"
        assert (await browser.get(url)).status_code == 200
        assert await shown(port, trusted) == before

        shutil.copy(newer.file, certificate.file)
        await asyncio.to_thread(
            until, lambda: "going on with the one before" in caplog.text, "half is refused"
        )
        assert await shown(port, trusted) == before, "half of a renewal serves nobody"

        shutil.copy(newer.key, certificate.key)
        await asyncio.to_thread(
            until, lambda: "the renewed certificate" in caplog.text, "all of it is taken up"
        )
        assert await shown(port, trusted) == after
        answer = await browser.get(url)
        assert answer.status_code == 200
        stream = answer.extensions["network_stream"].get_extra_info("ssl_object")
        assert stream.getpeercert(binary_form=True) == before, "the connection from before is still there"


@pytest.mark.parametrize("wrong", ["missing", "readable by all", "no certificate", "another's key"])
async def test_a_certificate_that_does_not_serve_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    monkeypatch.setattr(serving, "TRY_AGAIN_SECONDS", 0.02)
    good = paper(tmp_path, "good")
    certificate = paper(tmp_path)
    if wrong == "missing":
        certificate.file.unlink()
    elif wrong == "readable by all":
        certificate.key.chmod(0o644)
    elif wrong == "no certificate":
        certificate.file.write_text("no certificate")
    else:
        shutil.copy(good.file, certificate.file)
    port = free_port()
    listen = Listen(name="web", host=HOST, port=port, certificate=certificate)
    work = asyncio.create_task(serve(make_app(Pages().desk), listen))
    try:
        await asyncio.to_thread(until, lambda: "Trying again" in caplog.text, "it is told")
        assert str(certificate.key) in caplog.text
        with pytest.raises(OSError):
            await asyncio.open_connection(HOST, port)
        shutil.copy(good.file, certificate.file)
        shutil.copy(good.key, certificate.key)
        certificate.key.chmod(0o600)
        await until_open(port)
        assert await shown(port, (good.file,)) == bytes_of(good.file)
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
