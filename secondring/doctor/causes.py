"""One cause, one red line: what can only fail while something before it fails is not called broken as well."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from secondring.doctor.findings import Named, unseen


@dataclass(frozen=True, slots=True)
class _Follows:
    """A finding, and the one before it that it hangs on."""

    name: str
    cause: str
    where: str = ""
    """What the cause's evidence has to say for that."""
    unless: str = "\0"
    """What its own evidence says where it has a reason of its own."""


UNLINKED = "without a link"
FOLLOWS = (
    _Follows("services", "service", unless=UNLINKED),
    *(
        _Follows(name, cause, where)
        for cause, where in (("service", ""), ("services", "agi ("))
        for name in ("FastAGI port", "FastAGI from Asterisk", "test call")
    ),
    *(
        _Follows(name, cause, where)
        for cause, where in (("service", ""), ("services", "web ("))
        for name in ("booking page", "booking page from outside")
    ),
    _Follows("booking page from outside", "booking page"),
    _Follows("FastAGI from Asterisk", "FastAGI port"),
    _Follows("test call", "FastAGI port"),
    _Follows("test call", "FastAGI from Asterisk"),
)


def collapsed(found: Iterable[Named]) -> Iterator[Named]:
    """The findings, in their order; of those that fail for one cause only the first is broken."""
    broken: dict[str, str] = {}
    for named in found:
        cause = next((rule.cause for rule in FOLLOWS if _holds(rule, named, broken)), None)
        if named.finding.ok is False and cause is not None:
            yield Named(
                named.name, unseen(f"not looked at, because `{cause}` above fails", "mend that first")
            )
            continue
        if named.finding.ok is False:
            broken[named.name] = named.finding.evidence
        yield named


def _holds(rule: _Follows, named: Named, broken: dict[str, str]) -> bool:
    hangs_on_it = rule.name == named.name and rule.where in broken.get(rule.cause, "\0")
    return hangs_on_it and rule.cause in broken and rule.unless not in named.finding.evidence
