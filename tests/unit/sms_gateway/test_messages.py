"""Every message as patients get it. docs/messages.md holds them word for word:
`python -m sms_gateway.messages > docs/messages.md` renews it."""

import re
from pathlib import Path

import pytest

from secondring.domain.errors import ConfigError
from sms_gateway.lint import SAMPLE
from sms_gateway.messages import LANGUAGES, NAMES, Messages, page
from sms_gateway.segments import Encoding, count, encoding

GOLDEN = Path(__file__).parents[3] / "docs" / "messages.md"
EVERY = [(name, language) for name in NAMES for language in LANGUAGES]
TO_PATIENTS = [(name, language) for name, language in EVERY if not name.startswith("staff-")]
FIRST = [(name, language) for name, language in EVERY if name.startswith("first-")]
OPENS = {"en": "Monday at 8 AM", "es": "el lunes a las 8 am"}


def render(name: str, language: str) -> str:
    return Messages().render(name, language, SAMPLE | {"opens": OPENS[language]})


def test_every_message_reads_as_it_did() -> None:
    assert page() == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_one_part_of_plain_letters(name: str, language: str) -> None:
    text = render(name, language)
    assert encoding(text) is Encoding.GSM7
    assert count(text) == 1


@pytest.mark.parametrize(("name", "language"), TO_PATIENTS)
def test_names_the_clinic_and_a_way_to_a_person(name: str, language: str) -> None:
    text = render(name, language)
    assert SAMPLE["clinic"] in text
    assert SAMPLE["phone"] in text


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_calm_and_never_asks_for_a_word_that_means_something_else(name: str, language: str) -> None:
    assert not re.search(r"[!¡]|\bCANCEL|\bYES\b|  ", render(name, language))


@pytest.mark.parametrize(("name", "language"), FIRST)
def test_the_first_text_says_the_words_to_reply_with(name: str, language: str) -> None:
    words = {"en": ["BOOK", "BILLING", "REFILL", "URGENT"], "es": ["CITA", "FACTURA", "RECETA", "URGENTE"]}
    assert [word for word in [*words[language], "STOP"] if word not in render(name, language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_says_who_writes_why_what_it_costs_and_the_way_out(language: str) -> None:
    """What the carriers ask of an answer to HELP."""
    text = render("help", language)
    told = {
        "en": ("when we miss your call", "rates may apply", "STOP to opt out"),
        "es": ("cuando perdemos su llamada", "cargos por mensajes", "STOP para salir"),
    }
    assert [part for part in (SAMPLE["clinic"], SAMPLE["phone"], *told[language]) if part not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_confirmation_says_that_it_is_over_and_sells_nothing(language: str) -> None:
    text = render("opt-out", language)
    over = {"en": "you will get no more texts from us", "es": "no le mandaremos mensajes"}
    assert over[language] in text
    assert "START" in text
    assert "http" not in text
    assert not re.search(r"\b(BOOK|CITA|offer|oferta)\b", text)


@pytest.mark.parametrize(("name", "language"), TO_PATIENTS)
def test_a_sixth_grader_can_read_it(name: str, language: str) -> None:
    """Short sentences of short words; what stands in capitals is typed, not read."""
    for sentence in re.split(r"[.:]\s", render(name, language).replace(SAMPLE["clinic"], "")):
        words = re.findall(r"[^\W\d_]+", re.sub(r"https?://\S+", "", sentence))
        assert len(words) <= 15, sentence
        assert [word for word in words if len(word) > 12 and not word.isupper()] == [], sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_urgent_answer_begins_with_911_and_promises_a_nurses_call(language: str) -> None:
    first, _, rest = render("urgent", language).partition(".")
    assert first.endswith("911")
    assert {"en": "nurse", "es": "enfermera"}[language] in rest


@pytest.mark.parametrize("name", ["staff-alert", "staff-alert-nobody", "staff-alert-left"])
def test_the_alert_to_staff_names_the_site_and_the_task_and_no_number(name: str) -> None:
    text = render(name, "en")
    assert SAMPLE["clinic"] in text
    assert SAMPLE["task"] in text
    assert SAMPLE["phone"] not in text


@pytest.mark.parametrize(("name", "language"), FIRST)
def test_without_a_next_opening_the_sentence_is_left_out(name: str, language: str) -> None:
    text = Messages().render(name, language, SAMPLE | {"opens": ""})
    assert not re.search(r" \.|open\b *\.|[Aa]brimos *\.", text)


def test_a_language_without_words_of_its_own_is_spoken_to_in_english() -> None:
    assert Messages().render("help", "fr", SAMPLE) == Messages().render("help", "en", SAMPLE)


def test_a_sites_own_words_come_first_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "help.txt.j2").write_text("{{ clinic }}: we’re here —\ncall {{ phone }}.\n")
    messages = Messages(tmp_path)
    assert (
        messages.render("help", "en", SAMPLE) == f"{SAMPLE['clinic']}: we're here - call {SAMPLE['phone']}."
    )
    assert messages.render("help", "es", SAMPLE) == Messages().render("help", "es", SAMPLE)
    assert messages.path("help", "en") == tmp_path / "en" / "help.txt.j2"


def test_a_message_that_lacks_what_it_asks_for_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"book\.txt\.j2.*link"):
        Messages().render("book", "en", {"clinic": "A", "phone": "B"})
    with pytest.raises(ConfigError, match="no message is called 'welcome'"):
        Messages().render("welcome", "en", SAMPLE)


def test_a_clinics_name_is_never_read_as_a_template() -> None:
    assert "{{ phone }}" in Messages().render("help", "en", SAMPLE | {"clinic": "{{ phone }}"})


def test_a_template_cannot_reach_behind_its_words(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "help.txt.j2").write_text("{{ clinic.__class__.__mro__ }}")
    with pytest.raises(ConfigError):
        Messages(tmp_path).render("help", "en", SAMPLE)
