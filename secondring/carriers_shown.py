"""The files' list of carriers as the pages show it: all but what is secret."""

from config.carriers import CarrierKeys
from config.choosing import SECRET
from config.overlay import source
from config.schema import Configuration
from config.tree import Tree
from secondring.domain.settings import CARRIERS
from secondring.web.settings_port import CarrierShown


def carriers_shown(found: Configuration, files: Tree) -> tuple[CarrierShown, ...]:
    """The list, the preferred one first, as files and screen make it; `files` alone say where each is written."""
    return tuple(_shown(keys, source(files, (*CARRIERS, keys.name))) for keys in found.carriers)


def _shown(keys: CarrierKeys, written_in: str) -> CarrierShown:
    return CarrierShown(
        name=keys.name,
        kind=str(getattr(keys, "kind")),  # noqa: B009 - every subclass has one, of its own type
        senders=keys.senders,
        number_per_second=keys.number_per_second,
        brand_per_second=keys.brand_per_second,
        number_per_day=keys.number_per_day,
        brand_per_day=keys.brand_per_day,
        confirms_opt_out=bool(keys.confirms_opt_out),
        line_types=keys.line_types,
        poll=keys.poll,
        knocks=keys.knocks,
        written_in=written_in,
        secrets=tuple(
            (name, place) for name, place in keys if name.endswith(SECRET) and isinstance(place, str)
        ),
    )
