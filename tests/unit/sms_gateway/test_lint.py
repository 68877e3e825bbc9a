"""What must not go to a patient is refused before the service starts, with file, line and remedy."""

from pathlib import Path

import pytest

from secondring.domain.errors import ConfigError
from sms_gateway.lint import CLINICAL, SAMPLE
from sms_gateway.messages import Messages


def lint_with(folder: Path, text: str, name: str = "help", language: str = "en") -> str:
    file = folder / language / f"{name}.txt.j2"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        Messages(folder).lint()
    problem = str(refused.value)
    assert problem.startswith(str(file)), "the file is named"
    return problem.removeprefix(str(file))


def test_what_is_packaged_passes_even_with_a_limit_of_its_own_length() -> None:
    Messages().lint(most_segments=2)


def test_a_packaged_text_that_gets_too_long_for_a_real_site_is_found() -> None:
    long_name = SAMPLE | {"clinic": "The Saint Bartholomew and Riverside Family Practice of Springfield " * 3}
    with pytest.raises(ConfigError, match="parts, more than 2; make it shorter"):
        Messages().lint(samples=(long_name,))


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("Call {{ phone }}.\nYour diagnosis is in.", 2, "'diagnosis' is a clinical word"),
        ("Hello.\n\nTest Results: call {{ phone }}.", 3, "'results' is a clinical word"),
        ("Su diagnóstico: {{ phone }}", 1, "'diagnostico' is a clinical word"),
        ("{% if link %}PAIN{% endif %} {{ phone }}", 1, "'pain' is a clinical word"),
        ("{{ 'cancer' }} {{ phone }}", 1, "'cancer' is a clinical word"),
        ("Hello {{ first_name }}, call {{ phone }}", 1, "unknown variable 'first_name'"),
        ("Hello\n{{ patient }}", 2, "never a patient's name"),
        ("Call {{ phone }}!", 1, "exclamation mark"),
        ("¡Llame al {{ phone }}", 1, "exclamation mark"),
        ("Reply CANCEL or call {{ phone }}", 1, "do not ask for CANCEL"),
        ("Reply YES or call {{ phone }}", 1, "do not ask for YES"),
        ("Call {{ phone }} 📞", 1, "U+1F4DE"),
        ("Call {{ phone }}\u200b", 1, "U+200B"),
        ("Cаll {{ phone }}", 1, "CYRILLIC"),
        ("{{ phone ", 1, "mend the template"),
        ("Hello\n{% include 'x' %}", 2, "only plain variables"),
        ("{{ clinic.upper() }}", 1, "only plain variables"),
        ("{% if opens %}{% endif %}", 1, "the message is empty"),
        ("word " * 90, 1, "goes out in 3 parts, more than 2"),
    ],
)
def test_refused_with_line_and_remedy(tmp_path: Path, text: str, line: int, told: str) -> None:
    problem = lint_with(tmp_path, text)
    assert f":{line}: " in problem
    assert told in problem
    assert ";" in problem, "the remedy follows"


def test_a_first_text_without_a_way_out_is_refused(tmp_path: Path) -> None:
    assert "add 'STOP to opt out'" in lint_with(tmp_path, "{{ clinic }}: call {{ phone }}.", "first-open")


def test_an_urgent_answer_without_911_in_front_is_refused(tmp_path: Path) -> None:
    late = "{{ clinic }}: we will call you. In an emergency call 911."
    assert "begin with the 911 line" in lint_with(tmp_path, late, "urgent")


def test_a_file_that_no_message_is_read_from_is_refused(tmp_path: Path) -> None:
    assert "no message is read from here" in lint_with(tmp_path, "Call {{ phone }}.", "first-opne")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    problem = lint_with(tmp_path, "Pain!\n{{ patient }}")
    assert [
        line for line in problem.splitlines() if "clinical" in line or "mark" in line or "patient" in line
    ]
    assert problem.count("help.txt.j2") == 2


@pytest.mark.parametrize("text", ["Clínica: llame al {{ phone }}.", "It’s us — call {{ phone }}…"])
def test_accents_are_meant_and_typography_is_made_plain(tmp_path: Path, text: str) -> None:
    (tmp_path / "es").mkdir()
    (tmp_path / "es" / "help.txt.j2").write_text(text, encoding="utf-8")
    Messages(tmp_path).lint()


def test_the_words_to_reply_with_are_not_clinical() -> None:
    replies = "book billing refill urgent cita factura receta urgente help ayuda nurse enfermera emergency"
    assert CLINICAL.isdisjoint(replies.split())
