"""What may not be: pages open to the network without encryption, half a certificate, half an identity provider."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from config.booking import BookingListen
from config.problems import KeyPath
from config.schema import Configuration
from config.web import Web
from secondring.domain.hosts import is_loopback

Slip = tuple[KeyPath, str, str]
"""Where, what, and what to do."""
NAME_THE_PROXY = "Write the address that it comes from: [127.0.0.1] when it is on this machine."


def open_doors(found: Configuration) -> Iterator[Slip]:
    """Every mistake."""
    yield from _half_a_certificate(found.web, ("web",))
    yield from _half_a_certificate(found.booking.listen, ("booking", "listen"))
    yield from _staffs_pages(found.web)
    yield from _booking_page(found)
    yield from _provider(found)
    yield from _way_back(found)


def _staffs_pages(web: Web) -> Iterator[Slip]:
    if web.port is not None and not (is_loopback(web.host) or web.certificate or web.behind_proxy):
        what = "is open to the network, and the pages are not encrypted"
        remedy = (
            "Name web.certificate and web.certificate_key, or listen on 127.0.0.1. If a web server before it does the"
            " encryption, set web.behind_proxy to true and name its address in web.proxies."
        )
        yield ("web", "host"), what, remedy
    if web.port is not None and web.host in ("0.0.0.0", "::") and web.public_name is None:  # noqa: S104 - compared
        what = "is missing, and web.host is every address: requests for any other name are refused"
        yield ("web", "public_name"), what, "Write what browsers call this machine: desk.clinic.example."
    if web.behind_proxy and not web.proxies:
        yield ("web", "proxies"), "names nobody, and web.behind_proxy is true", NAME_THE_PROXY


def _booking_page(found: Configuration) -> Iterator[Slip]:
    public, listen = found.booking.public_url, found.booking.listen
    if public and public.startswith("https:") and listen.certificate is None and not listen.proxies:
        what = "names nobody, and there is no certificate: something before it does the encryption"
        yield ("booking", "listen", "proxies"), what, NAME_THE_PROXY


def _half_a_certificate(keys: Web | BookingListen, at: KeyPath) -> Iterator[Slip]:
    if (keys.certificate is None) != (keys.certificate_key is None):
        missing = "certificate" if keys.certificate is None else "certificate_key"
        yield (*at, missing), "is missing beside the other one", "Name both files, or none."


def _provider(found: Configuration) -> Iterator[Slip]:
    oidc = found.oidc
    if oidc.issuer is None:
        return
    if oidc.client_id is None:
        what, remedy = "is missing, and oidc.issuer is there", "Write what the provider calls this service."
        yield ("oidc", "client_id"), what, remedy
    if oidc.pages is None:
        what = "is missing, and oidc.issuer is there"
        yield ("oidc", "pages"), what, "Write where browsers find staff's pages: https://desk.clinic.example."
    if "openid" not in oidc.scopes:
        what = "does not ask for openid, without which the provider tells nobody's name"
        yield ("oidc", "scopes"), what, "Write [openid, profile]."


def _way_back(found: Configuration) -> Iterator[Slip]:
    """Where the provider sends people back to has to be a name that we answer to."""
    if found.oidc.issuer is None or found.oidc.pages is None:
        return
    host = urlsplit(found.oidc.pages).hostname or ""
    if host != (found.web.public_name or found.web.host).lower() and not is_loopback(host):
        what = "is another name than web.public_name, and requests for any other are refused"
        yield ("oidc", "pages"), what, f"Set web.public_name to {host}, or mend this address."
