"""The offer in the lab's dialplan: numbers that lead to it, prompts, and the queue that has it inside.

Prompts that a test has to recognise are tones, put where a clinic puts recordings of its own; the others are made
by the voices of this machine.
"""

from collections.abc import Mapping
from pathlib import Path

from lab.build import cache_dir
from lab.errors import LabError
from lab.pbx import Pbx
from lab.service import Service
from lab.sounds import write_tone

QUEUE = "offered"
CONFIG: Mapping[str, object] = {
    "ivr": {
        "ordinary": "from-trunk,by-goto,1",
        "queues": {QUEUE: {"every": "2s", "timeout": "60s"}},
    }
}
"""What a service needs to be told beside its usual configuration."""

OFFER, HOURS, IN_QUEUE, BY_GOTO, IN_SPANISH, LINK = (f"202555016{n}" for n in (2, 3, 4, 5, 6, 7))
TONES = {
    "greeting-northside": 350,
    "emergency": 350,
    "offer": 440,
    "offer-closed": 520,
    "offer-queue": 620,
    "wrong-key": 700,
    "no-key": 780,
    "text-sent": 860,
    "type-mobile": 940,
    "confirm-mobile": 1020,
    "opted-out": 1100,
    "declined": 1180,
    "not-a-mobile": 1260,
}
"""Hertz, in English; in Spanish each is as much higher as SPANISH_ABOVE says."""
SPANISH_ABOVE = 1000
SECONDS = 0.6

NUMBERS = f"""
[from-trunk]
exten => {OFFER},1,Gosub(secondring,offer,1)
 same => n,Goto(ordinary,1)
exten => {HOURS},1,Gosub(secondring,hours,1)
 same => n,Goto(ordinary,1)
exten => {IN_QUEUE},1,Gosub(secondring,queue-{QUEUE},1)
 same => n,Goto(ordinary,1)
exten => {BY_GOTO},1,Goto(secondring,offer,1)
exten => {IN_SPANISH},1,Set(CHANNEL(language)=es)
 same => n,Gosub(secondring,offer,1)
 same => n,Goto(ordinary,1)
exten => {LINK},1,Answer()
 same => n,Gosub(secondring,link,1)
 same => n,Goto(ordinary,1)
; The ordinary path of this clinic: a phone at the desk.
exten => ordinary,1,Dial(PJSIP/1001,20)
 same => n,Hangup()
; Where those go on who came by Goto: another phone, so that nobody takes one way for the other.
exten => by-goto,1,Dial(PJSIP/1002,20)
 same => n,Hangup()
"""
WAITING = f"""
[{QUEUE}](quick)
joinempty = yes
timeout = 20
"""


def add_offer(pbx: Pbx, service: Service, *, numbers: str = NUMBERS, queues: str = WAITING) -> None:
    """Put the offer into a PBX, as `secondring render` and `secondring prompts` write it.

    `numbers` is dialplan that leads to it, `queues` what a queue has that is told of in the configuration.
    """
    prompts = pbx.home / "prompts"
    _record(prompts)
    _link_voices(prompts, service)
    version = ".".join(map(str, pbx.asterisk.major_minor))
    dialplan = service.ask("render", "dialplan", "--asterisk", version)
    ours = service.ask("render", "queues")
    pbx.add_config("extensions", _in_place(dialplan, prompts) + numbers, name="offer")
    pbx.add_config("queues", queues + _in_place(ours, prompts), name="offer")
    pbx.reload()


def _in_place(text: str, prompts: Path) -> str:
    """The lab shares Asterisk's sounds with the machine, so ours lie elsewhere and are named whole."""
    return text.replace("secondring/", f"{prompts}/")


def _record(prompts: Path) -> None:
    for language, above in (("en", 0), ("es", SPANISH_ABOVE)):
        (prompts / language).mkdir(parents=True, exist_ok=True)
        for name, frequency in TONES.items():
            write_tone(prompts / language / f"{name}.wav", frequency + above, SECONDS)


def _link_voices(prompts: Path, service: Service) -> None:
    voices = cache_dir() / "voices"
    service.ask("prompts", "build", "--sounds", str(voices))
    for file in voices.glob("*/secondring/*"):
        recorded = prompts / file.parts[-3] / file.name
        if not recorded.with_suffix(".wav").exists():
            recorded.symlink_to(file)
    if not any(prompts.glob("es/goodbye.*")):
        raise LabError(f"no prompts were made below {voices}")
