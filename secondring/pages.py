"""The part that serves staff's pages, inside `secondring run` or on its own."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from ami_listener.connection import AmiLink
from ami_listener.originate import Dialler
from config.loader import HOME
from secondring import expected, wiring
from secondring.bus.memory import Ear
from secondring.certificates import Certificate, ends_at
from secondring.clinic_words import ClinicWording
from secondring.domain.alarms import Alarm
from secondring.domain.deskwork import Deskwork
from secondring.domain.errors import ConfigError
from secondring.domain.facts import Fact
from secondring.domain.health import Finding, State
from secondring.domain.ports import Store
from secondring.domain.staff import SessionRules
from secondring.domain.urgent import Orders, Triage
from secondring.files import files_of
from secondring.on_screen import OnScreen, Test
from secondring.papers import only_near, papers
from secondring.refused import DIALLING, Refusals
from secondring.serving import Listen, serve
from secondring.telephone import Telephone
from secondring.typed import typed
from secondring.urgent import UrgentRunner
from secondring.vitals import OF_CARRIER, Carrier, Vitals
from secondring.web.app import make_app
from secondring.web.changes import Bell, Changes
from secondring.web.desk import Desk, nobody_dials, nobody_listens
from secondring.web.provider_port import Provider
from secondring.web.work_rows import WorkRows
from secondring.wiring import Settings
from secondring.writer import Reader, Writer
from secondring.written import TextDesk

log = logging.getLogger("secondring")

Part = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What of the service runs in this process, for the pages to use and to watch over."""

    wording: ClinicWording
    listens: AmiLink | None = None
    dials: AmiLink | None = None
    """With it, patients are called back and urgent calls are taken from the screen."""
    carry_out: Callable[[Orders], Awaitable[None]] = nobody_dials
    ring: Callable[[], Awaitable[None]] = nobody_listens
    carrier: Carrier | None = None
    test: Test | None = None
    """Tries the links to the PBX and the carrier."""
    catch_up: Callable[[], Finding] | None = None
    """How far calls were looked up that ended while nobody listened."""
    company: Callable[[], Finding] | None = None
    """Whether another service listens to this PBX."""
    ehrs: Callable[[], list[Finding]] = list
    """How the EHRs are in which patients book."""
    elsewhere: Callable[[], Mapping[str, Finding]] = dict
    books: Callable[[], list[Finding]] = list
    """What the services of other processes say of their parts, by name."""

    def carriers_answer(self) -> dict[str, bool]:
        """By name, whether each carrier answers."""
        if self.carrier is not None:
            return dict(self.carrier.answers)
        said = self.elsewhere().items()
        return {
            name.removeprefix(OF_CARRIER): finding.state is State.OK
            for name, finding in said
            if name.startswith(OF_CARRIER)
        }


def own_link(
    settings: Settings,
    writer: Writer,
    words: ClinicWording,
    ring: Callable[[], Awaitable[None]],
    raise_alarm: Callable[[Alarm], None],
) -> tuple[Links, dict[str, Part]]:
    """A link that only dials: what becomes of the calls is heard by the process that listens."""
    account = wiring.dial_account(settings)
    if account is None:
        return Links(wording=words, ring=ring), {}
    refusals = Refusals(
        DIALLING, settings.rules, writer, clock=wiring.now, ring=ring, raise_alarm=raise_alarm
    )
    link = AmiLink(account, clock=wiring.now, timing=wiring.timing(settings), on_refusal=refusals)
    runner = UrgentRunner(
        Triage(settings.rules, words),
        Dialler(link),
        link,
        writer,
        clock=wiring.now,
        bell=Ear(),
        ring=ring,
        raise_alarm=raise_alarm,
    )
    links = Links(wording=words, dials=link, carry_out=runner.carry_out, ring=ring)
    return links, {"AMI dialler": lambda: link.run(_heard_elsewhere)}


async def _heard_elsewhere(facts: list[Fact]) -> None:
    """The listening process hears the same."""


def parts(settings: Settings, store: Store, writer: Writer, bell: Bell, links: Links) -> dict[str, Part]:
    """What has to run for the pages: the eyes on the books, and the server. Nothing where there are to be no pages."""
    web = settings.web
    if web.port is None:
        return {}
    changes = Changes(store.watch, bell)
    rows = WorkRows(store.watch, store.reading, settings.rules)
    app = make_app(make_desk(settings, store, writer, changes, links, rows))
    where = Listen(
        name="web", host=web.host, port=web.port, certificate=papers(settings).get("web"), proxies=web.proxies
    )

    async def serve_pages() -> None:
        try:
            await serve(app, where, changes.close)
        finally:
            rows.close()

    return {"screens": changes.run, "pages": serve_pages}


def make_desk(
    settings: Settings, store: Store, writer: Writer, changes: Changes, links: Links, rows: WorkRows
) -> Desk:
    """All that the pages need."""
    web, words, read = settings.web, links.wording, Reader(store)
    names = {"127.0.0.1", "localhost", "::1", web.host, web.public_name or web.host}
    return Desk(
        rules=settings.rules,
        clock=wiring.now,
        read=read,
        write=writer,
        changes=changes,
        deskwork=Deskwork(settings.rules, words),
        bookings=wiring.on_behalf(settings, words),
        texting=TextDesk(words),
        triage=Triage(settings.rules, words) if links.dials else None,
        carry_out=links.carry_out,
        telephone=Telephone(links.dials, settings.call_back) if links.dials else None,
        ring=links.ring,
        vitals=_vitals(settings, links),
        expected=expected.services(settings),
        carriers_answer=links.carriers_answer,
        work_rows=rows,
        provider=_provider(settings),
        logins=SessionRules(idle=web.idle, absolute=web.absolute, emergency=web.emergency),
        hosts=frozenset(name.lower() for name in names),
        encrypted=web.encrypted,
        certificates=lambda: _ends(papers(settings)),
        command=_command(settings),
        settings=OnScreen(files_of(settings), read, writer, links.test),
    )


def _command(settings: Settings) -> str:
    """What an administrator types to mean this configuration."""
    place = settings.read_from
    return typed(None if place == HOME else place)


def _provider(settings: Settings) -> Provider | None:
    found = settings.oidc
    if found is None:
        return None
    from secondring.oidc import provider  # noqa: PLC0415 - httpx and joserfc, for clinics that have one

    asked = provider.ProviderSettings(
        issuer=found.issuer,
        client_id=found.client_id,
        secret=found.secret.get_secret_value() if found.secret else None,
        redirect=found.redirect,
        button=found.button,
        name_claim=found.name_claim,
        scopes=found.scopes,
        trusted_acr=found.trusted_acr,
        trusted_amr=found.trusted_amr,
        ca_file=found.ca_file,
    )
    return provider.Provider(asked, wiring.now)


def _ends(found: dict[str, Certificate]) -> dict[str, datetime]:
    """When each certificate runs out; those that cannot be read are the health page's to tell of."""
    ends = {}
    for name, certificate in found.items():
        with suppress(ConfigError):
            ends[name] = ends_at(certificate.file)
    return ends


def _vitals(settings: Settings, links: Links) -> Vitals:
    return Vitals(
        disk=wiring.books_folder(settings),
        certificates={name: paper.file for name, paper in papers(settings).items()},
        clock=wiring.now,
        listens=links.listens,
        dials=links.dials,
        may_dial=settings.dial is not None,
        carrier=links.carrier,
        simulated=settings.only_simulated,
        shadow=lambda: settings.rules.shadow,
        catch_up=links.catch_up,
        company=links.company,
        ehrs=links.ehrs,
        elsewhere=links.elsewhere,
        books=links.books,
        warn_free=settings.warn_free,
        has_pbx=expected.has_pbx(settings),
        only_near=only_near(settings),
    )
