"""The forms in which Spanish tells somebody what to do or not to do, made from a verb: nobody lists them all.

Folded (no accents): `manden` and `mánden` are one. Past tenses are left out on purpose: `no me mandaron la receta`
complains that something did not come, and refuses nothing.
"""

CLITICS = ("me", "nos", "le", "les", "lo", "los")
_SPELLING = {"c": "qu", "g": "gu", "z": "c"}
"""Before an e: `contactar` keeps its letters, `fregar` makes `fregue`, `acosar` does not care."""


def _stem(infinitive: str) -> tuple[str, str, bool]:
    """The stem, the stem before the ending of a command, and whether it is an -ar verb."""
    verb, _, irregular = infinitive.partition(":")
    stem, is_ar = verb[:-2], verb.endswith("ar")
    changed = irregular or stem
    if is_ar and changed[-1] in _SPELLING:
        changed = changed[:-1] + _SPELLING[changed[-1]]
    return stem, changed, is_ar


def commands(*infinitives: str) -> str:
    """`mande|manden|mandes|...` for a phrase, from `mandar` or `fregar:frieg` (with the stem that changes)."""
    found = []
    for infinitive in infinitives:
        _, changed, is_ar = _stem(infinitive)
        found += [changed + ending for ending in (("e", "es", "en") if is_ar else ("a", "as", "an"))]
    return "|".join(dict.fromkeys(found))


def doing(*infinitives: str) -> str:
    """`mandar|mandando|mandarme|mandandome|...`."""
    found = []
    for infinitive in infinitives:
        verb = infinitive.partition(":")[0]
        stem, _, is_ar = _stem(infinitive)
        gerund = stem + ("ando" if is_ar else "iendo")
        found += [verb, gerund, *(form + clitic for form in (verb, gerund) for clitic in CLITICS)]
    return "|".join(dict.fromkeys(found))


def commands_to_me(*infinitives: str) -> str:
    """`quitenme|quiteme|quitame|quitenos|...`: an order about the one who writes."""
    found = []
    for infinitive in infinitives:
        stem, changed, is_ar = _stem(infinitive)
        orders = [changed + "e", changed + "en", stem + "a"] if is_ar else [changed + "a", changed + "an"]
        found += [order + clitic for order in orders for clitic in ("me", "nos")]
    return "|".join(dict.fromkeys(found))
