"""Which carriers there are: the list of `carriers`, or the one of the older key `carrier`."""

from collections.abc import Callable, Iterator

from pydantic import SecretStr

from config.carriers import CarrierKeys, HandsetKeys, HttpKeys
from config.problems import KeyPath
from config.schema import Configuration
from config.settings import CarrierSettings, WebhookSettings
from config.tree import Tree

ReadSecret = Callable[[str, KeyPath], SecretStr]
Slip = tuple[KeyPath, str, str]
"""Where, what is wrong, what to do."""
SECRET = "_file"  # noqa: S105 - how the keys end that name a secret's place


def chosen(found: Configuration) -> tuple[CarrierKeys, ...]:
    """The carriers in order of preference; at least one."""
    return found.carriers or (_single(found),)


def _single(found: Configuration) -> CarrierKeys:
    """What the older key says, read and checked already."""
    keys = found.carrier
    if keys.kind == "handset":
        return HandsetKeys.model_construct(
            name="handset", kind="handset", confirms_opt_out=keys.confirms_opt_out
        )
    http = keys.http
    return HttpKeys.model_construct(
        name="http",
        kind="http",
        confirms_opt_out=keys.confirms_opt_out,
        url=http.url or "",
        token_file=http.token_file,
        lookup_url=http.lookup_url,
        timeout=http.timeout,
        inbound_secret_file=http.inbound.secret_file if http.inbound else None,
    )


def build_carriers(found: Configuration, read: ReadSecret) -> tuple[CarrierSettings, ...]:
    """Each carrier with its secrets read."""
    return tuple(
        CarrierSettings(
            name=keys.name,
            kind=str(getattr(keys, "kind")),  # noqa: B009 - every subclass has one, of its own type
            keys=keys,
            secrets={
                name.removesuffix(SECRET): read(place, _place_of(found, number, name))
                for name, place in keys
                if name.endswith(SECRET) and isinstance(place, str)
            },
        )
        for number, keys in enumerate(chosen(found))
    )


def _place_of(found: Configuration, number: int, name: str) -> KeyPath:
    if found.carriers:
        return ("carriers", number, name)
    older: dict[str, KeyPath] = {"inbound_secret_file": ("inbound", "secret_file")}
    return ("carrier", "http", *older.get(name, (name,)))


def build_webhooks(found: Configuration) -> WebhookSettings | None:
    """Where we listen; None when no carrier sends anything to us."""
    keys, older = found.webhooks, found.carrier.http.inbound
    if not any(carrier.knocks for carrier in chosen(found)):
        return None
    host, port = (older.host, older.port) if older and not found.carriers else (keys.host, keys.port)
    if port is None:
        return None
    return WebhookSettings(
        host=host, port=port, public_url=keys.public_url, per_second=keys.per_second, burst=keys.burst
    )


def confirms_opt_out(found: Configuration) -> bool:
    """True when any carrier is said to answer STOP itself: two confirmations would be one too many."""
    return any(bool(keys.confirms_opt_out) for keys in chosen(found))


def cautions_of_carriers(found: Configuration) -> Iterator[Slip]:
    """A carrier that only sends: whoever answers its texts answers nobody."""
    for number, keys in enumerate(chosen(found)):
        if not keys.hears_back:
            at: KeyPath = ("carriers", number) if found.carriers else ("carrier", "http", "inbound")
            what = f"has no way back (the carrier {keys.name}): no reply and no STOP ever arrives by it"
            yield at, what, keys.opens_way_back


def slips_of_carriers(found: Configuration, tree: Tree) -> Iterator[Slip]:
    """What each key alone cannot tell."""
    if not found.carriers:
        if found.carrier.kind == "http" and found.carrier.http.url is None:
            what = "is missing, and carrier.kind is http"
            remedy = "Add the address that texts are posted to, or set carrier.kind to handset."
            yield ("carrier", "http", "url"), what, remedy
        return
    if ("carrier", "kind") in tree.places:
        what = "is there beside carriers, which take its place"
        yield ("carrier", "kind"), what, "Make it one of carriers, and take carrier out."
    names = [keys.name for keys in found.carriers]
    for number, keys in enumerate(found.carriers):
        at: KeyPath = ("carriers", number)
        if keys.name in names[:number]:
            yield (*at, "name"), "is another carrier's name too", "Give each carrier a name of its own."
        if keys.knocks and found.webhooks.port is None:
            what = f"is missing, and the carrier {keys.name} sends to us"
            yield ("webhooks", "port"), what, "Add the port to listen on."
        if keys.knocks and keys.needs_public_url and found.webhooks.public_url is None:
            what = f"is missing, and the signatures of the carrier {keys.name} cover it"
            yield ("webhooks", "public_url"), what, "Add the address that the carrier sends to."
