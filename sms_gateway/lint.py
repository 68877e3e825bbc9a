"""What a message to a patient must not say, found before the service starts.

A text lies open on a lock screen, so it says who called back and what to do, and nothing about health.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, TemplateError, TemplateSyntaxError, nodes

from sms_gateway.segments import BASIC, EXTENSION, count, fold

VARIABLES = {
    "clinic": "the clinic's name as patients know it",
    "phone": "the number to call, as people dial it",
    "link": "the booking page",
    "opens": "when we open next, or nothing",
    "when": "the day and time that were booked",
    "task": "the id of a task, for staff",
}
SAMPLE: dict[str, str] = {
    "clinic": "Riverside Family Practice",
    "phone": "(202) 555-0123",
    "link": "https://book.riverside.example/b/Zk3x9A2m4Q7wzP1s8Lr0Tg",
    "opens": "Monday at 8 AM",
    "when": "Tue Mar 10 at 10:30 AM",
    "task": "T-k3x9a2m4q7wz",
}
"""A clinic made up, with a name and a link of ordinary length."""

_CLINICAL_WORDS = """
    abortion allergy anxiety asthma biopsy blood cancer cardiology chemotherapy chronic condition
    contraception depression diabetes diagnosis disease dose fever fracture gynecology hepatitis hiv
    illness infection insulin medication medicine mri oncology opioid pain pharmacy pregnancy pregnant
    prescription psychiatry result rehab screening sick std surgery symptom therapy treatment tumor
    ultrasound vaccine x-ray xray
    aborto alergia analisis ansiedad asma biopsia cirugia cronico depresion diagnostico dolor dosis
    embarazada embarazo enfermedad enfermo farmacia fiebre fractura infeccion insulina medicamento
    medicina oncologia psiquiatria quimioterapia radiografia resultado sangre sintoma terapia
    tratamiento tumores vacuna vih
"""
CLINICAL = frozenset(_CLINICAL_WORDS.split())
"""English and Spanish, without accents; plurals are found too. Reply words are not among them."""
BANNED_REPLIES = {
    "CANCEL": "carriers and the law read it as STOP",
    "YES": "some carriers read it as START",
}
FIRST_TEXTS = ("first-open", "first-closed", "first-holiday", "asked", "asked-link")


@dataclass(frozen=True, slots=True)
class Source:
    """One template file."""

    name: str
    language: str
    file: Path
    text: str


def problems_of(
    source: Source, jinja: Environment, samples: tuple[Mapping[str, str], ...], most_segments: int
) -> list[str]:
    """Everything wrong with a template, each as `file:line: what; remedy`."""
    try:
        tree = jinja.parse(source.text)
    except TemplateSyntaxError as error:
        return [f"{source.file}:{error.lineno}: {error.message}; mend the template"]
    found = [*_wrong_variables(tree), *_wrong_words(tree)] or [
        (1, problem) for problem in _wrong_whole(source, jinja, samples, most_segments)
    ]
    return [f"{source.file}:{line}: {problem}" for line, problem in sorted(set(found))]


Found = tuple[int, str]
PLAIN = (
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
)
"""What a message may be made of besides variables. Anything that could loop or grow is not: these words may come
from a form."""


def _wrong_variables(tree: nodes.Template) -> Iterator[Found]:
    for node in tree.find_all(nodes.Node):
        if isinstance(node, PLAIN):
            continue
        if not isinstance(node, nodes.Name):
            yield node.lineno, "only plain variables and if are allowed here; write the words themselves"
        elif node.name not in VARIABLES:
            known = ", ".join(VARIABLES)
            yield (
                node.lineno,
                f"unknown variable {node.name!r}; a text may use {known}, never a patient's name",
            )


def _wrong_words(tree: nodes.Template) -> Iterator[Found]:
    for data in tree.find_all((nodes.TemplateData, nodes.Const)):
        words = data.data if isinstance(data, nodes.TemplateData) else str(getattr(data, "value", ""))
        for offset, line in enumerate(words.split("\n")):
            for problem in _wrong_in(line):
                yield data.lineno + offset, problem


def wrong_words(text: str) -> list[str]:
    """What a text that a person writes must not say, each with a remedy; a friendly exclamation mark is theirs."""
    return list(_wrong_in(text.replace("!", ".").replace("¡", "")))


def _wrong_in(line: str) -> Iterator[str]:
    for word in re.findall(r"[\w-]+", _without_accents(line).lower()):
        if not CLINICAL.isdisjoint(_singulars(word)):
            yield f"{word!r} is a clinical word; a text says nothing about health, so leave it out"
    for word, why in BANNED_REPLIES.items():
        if re.search(rf"\b{word}\b", line):
            yield f"do not ask for {word}: {why}; use another reply word"
    if "!" in line or "¡" in line:
        yield "exclamation mark; end the sentence with a full stop"
    for char in sorted({c for c in fold(line) if not _is_meant(c)}):
        name = unicodedata.name(char, "a control character")
        yield f"U+{ord(char):04X} ({name}) cannot be shown on every phone; use plain letters and signs"


def _singulars(word: str) -> set[str]:
    return {word, word.removesuffix("s"), word.removesuffix("es")}


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _is_meant(char: str) -> bool:
    """GSM, or a letter of a Latin alphabet: those make the text longer, but people's words need them."""
    return char in BASIC or char in EXTENSION or unicodedata.name(char, "").startswith("LATIN")


def _wrong_whole(
    source: Source, jinja: Environment, samples: tuple[Mapping[str, str], ...], most_segments: int
) -> Iterator[str]:
    template = jinja.from_string(source.text)
    for sample in samples:
        try:
            text = " ".join(fold(template.render({**SAMPLE, **sample})).split())
        except TemplateError as error:
            yield f"{error}; mend the template"
            return
        yield from _wrong_text(source, text, most_segments)


def _wrong_text(source: Source, text: str, most_segments: int) -> Iterator[str]:
    if not text:
        yield "the message is empty; write one, or remove the file to use the packaged one"
    if count(text) > most_segments:
        yield f"goes out in {count(text)} parts, more than {most_segments}; make it shorter"
    if source.name in FIRST_TEXTS and not re.search(r"\bSTOP\b", text):
        yield "a first text must say how to opt out; add 'STOP to opt out'"
    if source.name.startswith("urgent") and not re.search(r"\b911\b", text.partition(".")[0]):
        yield "the answer to URGENT must begin with the 911 line; put it first"
