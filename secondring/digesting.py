"""Joins the weekly digest: the settings, the letter and the mail server."""

from datetime import datetime
from email.message import EmailMessage

from secondring.channels import mailer
from secondring.domain.board import Board
from secondring.domain.digest import DigestRules, make_digest
from secondring.domain.errors import ConfigError
from secondring.domain.ids import SiteId
from secondring.domain.metrics_rows import Place
from secondring.letters.letter import Envelope, write
from secondring.weekly import Delivery
from secondring.wiring import Settings, now


def places(settings: Settings) -> tuple[Place, ...]:
    """All sites, as they are counted."""
    return tuple(Place.of(site) for site in settings.rules.sites)


def site_names(settings: Settings) -> dict[SiteId, str]:
    """How people call them."""
    return {site.id: site.name for site in settings.rules.sites}


def digest_rules(settings: Settings) -> DigestRules:
    """When the digest is due."""
    digest = settings.digest
    return DigestRules(weekday=digest.weekday, hour=digest.hour, zone=settings.rules.sites[0].hours.zone)


def letter(settings: Settings, board: Board, at: datetime) -> EmailMessage:
    """The digest of a board's week, addressed to its owner; to nobody where none is named yet."""
    owner = settings.digest.owner or "nobody@localhost"
    sender = settings.mail.sender if settings.mail else owner
    envelope = Envelope(sender=sender, owner=owner, pages=settings.digest.pages)
    return write(make_digest(board, site_names(settings)), envelope, at)


def send(settings: Settings, board: Board) -> None:
    """Hand it to the mail server; raises PeerError, or ConfigError when it has no owner."""
    if settings.digest.owner is None or settings.mail is None:
        raise ConfigError(
            "digest.owner or mail.host is empty: name the e-mail address of the person who gets it, and the mail server"
        )
    mailer(settings.mail).send(letter(settings, board, now()))


def delivery(settings: Settings) -> Delivery:
    """What the service's weekly post needs."""
    return Delivery(places(settings), digest_rules(settings), lambda board: send(settings, board))
