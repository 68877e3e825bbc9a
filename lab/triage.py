"""The triage ladder in the lab: three steps of short rings, a last resort, and numbers that lead to it."""

from collections.abc import Mapping
from typing import Any

from lab.offer import CONFIG as OFFERED
from lab.offer import add_offer
from lab.pbx import Pbx
from lab.phones import Line, Phone, State
from lab.service import Service
from lab.sounds import write_tone

URGENT, MENU = "2025550168", "2025550162"
"""The key for urgent as it were pressed already; the offer's menu, where it is key 2."""
CELL, LAST = "+12025550177", "1004"
RING = 4
STEPS = [
    {"ring": ["1001"], "ring_for": f"{RING}s"},
    {"ring": ["1002", "1003"], "ring_for": f"{RING}s"},
    {"ring": [CELL], "ring_for": f"{RING}s"},
]
TRIAGE: Mapping[str, Any] = {
    "steps": STEPS,
    "rounds": 1,
    "pause": "1s",
    "keep_trying": "0s",
    "last_resort": LAST,
    "last_resort_ring": "5s",
    "patient_ring": "6s",
    "patient_tries": 2,
    "patient_pause": "2s",
    "outside": "PJSIP/{number}@carrier",
}
TONES = {
    "urgent-site-northside": 400,
    "urgent-accept": 480,
    "urgent-taken": 560,
    "urgent-wait": 640,
    "urgent-still": 720,
    "urgent-nobody": 800,
    "urgent-callback": 880,
    "urgent-calling": 960,
    "urgent-no-answer": 1040,
    "urgent-last-try": 1120,
}
"""Hertz of what nurses and callers hear; each lasts SECONDS, or LAST_SECONDS where the line goes dead after it."""
SECONDS, LAST_SECONDS = 0.6, 1.6
LAST_WORDS = {"urgent-taken", "urgent-nobody", "urgent-callback", "urgent-no-answer", "urgent-last-try"}
"""What is heard is written to a file in pieces, and looked for from time to time: a short tone before the end of a call
may be over before it is found.
"""
NURSE_TONE, PATIENT_TONE = 1500, 1900
"""Hertz of the two voices."""
NUMBERS = f"""
[from-trunk]
exten => {URGENT},1,Gosub(secondring,urgent,1)
 same => n,Goto(ordinary,1)
"""


def config(**changes: Any) -> dict[str, Any]:
    """What a service needs to be told; `changes` are keys of the ladder."""
    site = {"triage": {**TRIAGE, **changes}}
    return {
        **OFFERED,
        "ami_dial": {"secret_file": "credential:ami-dial-secret"},
        "guards": {"spoken": "1s"},
        "sites": {"northside": site},
    }


def add_triage(pbx: Pbx, service: Service) -> None:
    """Put offer and ladder into a PBX, as `secondring render` writes them."""
    record_prompts(pbx)
    add_offer(pbx, service)
    pbx.add_config("extensions", NUMBERS, name="triage")
    pbx.reload()


def record_prompts(pbx: Pbx) -> None:
    """Put tones where a clinic puts recordings of its own."""
    prompts = pbx.home / "prompts/en"
    prompts.mkdir(parents=True, exist_ok=True)
    for name, frequency in TONES.items():
        seconds = LAST_SECONDS if name in LAST_WORDS else SECONDS
        write_tone(prompts / f"{name}.wav", frequency, seconds)


def accept(nurse: Phone, *, timeout: float = 10) -> Line:
    """Answer the next call, and take it."""
    return press_1(nurse.next_call(timeout).wait_for(State.RINGING))


def press_1(line: Line) -> Line:
    """Answer, hear which clinic it is and what to press, press 1."""
    line.answer()
    line.wait_to_hear(TONES["urgent-site-northside"])
    line.wait_to_hear(TONES["urgent-accept"])
    line.dial("1")
    return line


def hear_each_other(nurse: Line, patient: Line) -> None:
    """A tone each way."""
    nurse.play_tone(NURSE_TONE)
    patient.play_tone(PATIENT_TONE)
    patient.wait_to_hear(NURSE_TONE, 10)
    nurse.wait_to_hear(PATIENT_TONE, 10)
