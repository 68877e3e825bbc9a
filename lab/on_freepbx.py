"""Second Ring on the FreePBX-shaped PBX: its clinics, and what their administrator enters in FreePBX.

Each site has a ladder of one kind, and a number for it. Extensions are dialled as FreePBX's own click-to-call does
(`originate-skipvm`), but for one site whose administrator did not read that far.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lab import offer, triage
from lab.pbx import Pbx
from lab.service import Service

BY_QUEUE, BY_GROUP, BY_HOURS, BY_BREAK_OUT, BY_KEYS = (f"202555015{n}" for n in range(5))
"""The offer: fail-over of a queue and of a ring group, a time condition's closed side, a key in a queue."""
BY_MAILBOX, BY_FOLLOW_ME, BY_GROUPS, BY_CARELESS, BY_NOBODY = (f"202555014{n}" for n in range(5))
"""Urgent callers: to these ladders."""
KEYED_QUEUE = "607"
SKIPPING = "Local/{number}@originate-skipvm/n"
CELL = "+12025550177"
AGENT, COLLEAGUE, DOCTOR = "1001", "1002", "1004"
FOLLOWED, FOLLOWED_TO_MAILBOX = "1003", "1005"
GROUP, CONFIRMED_GROUP, GROUP_THEN_MAILBOX = "700", "701", "702"
RING = 6

DESTINATIONS = f"""
[lab-destinations]
exten => {BY_QUEUE},1,Goto(ext-queues,605,1)
exten => {BY_GROUP},1,Goto(ext-group,703,1)
exten => {BY_HOURS},1,Goto(timeconditions,2,1)
exten => {BY_BREAK_OUT},1,Goto(ext-queues,606,1)
exten => {BY_KEYS},1,Goto(ext-queues,{KEYED_QUEUE},1)
exten => {BY_MAILBOX},1,Goto(secondring,urgent,1)
exten => {BY_FOLLOW_ME},1,Goto(secondring,urgent,1)
exten => {BY_GROUPS},1,Goto(secondring,urgent,1)
exten => {BY_CARELESS},1,Goto(secondring,urgent,1)
exten => {BY_NOBODY},1,Goto(ext-queues,606,1)
[lab-failovers]
exten => 605,1,Goto(secondring,offer,1)
exten => 606,1,Goto(ext-local,vmu1001,1)
exten => {KEYED_QUEUE},1,Goto(ext-local,vmu1001,1)
exten => 703,1,Goto(customdests,dest-1,1)
[timeconditions]
exten => 2,1,GotoIfTime(00:00-23:59,sun-sat,*,*?falsestate:truestate)
 same => n(truestate),Goto(ext-group,700,1)
 same => n(falsestate),Goto(secondring,hours,1)
; Custom Destinations with a return: FreePBX calls ours by Gosub, and goes on when it comes back.
[customdests]
exten => dest-1,1,Gosub(secondring,offer,1())
 same => n,Goto(from-did-direct,{DOCTOR},1)
exten => dest-2,1,Gosub(secondring,urgent,1())
 same => n,Goto(from-did-direct,{DOCTOR},1)
; The menu that a key leads to from queue 606.
[ivr-3]
exten => 1,1(ivrsel-1),Gosub(macro-blkvm-clr,s,1())
 same => n,Set(__NODEST=)
 same => n,Goto(secondring,link,1)
exten => 2,1(ivrsel-2),Gosub(macro-blkvm-clr,s,1())
 same => n,Set(__NODEST=)
 same => n,Goto(customdests,dest-2,1)
exten => h,1,Gosub(macro-hangupcall,s,1())
[globals](+)
WAIT_605=1
WAIT_{KEYED_QUEUE}=60
"""
QUEUES = f"""
[605]
strategy = ringall
joinempty = yes
member => Local/{DOCTOR}@from-queue/n,0,Nobody there
[606](agents)
context = ivr-3
[{KEYED_QUEUE}](agents)
"""
ORDINARY = f"from-did-direct,{COLLEAGUE},1"


def config() -> dict[str, Any]:
    """What the service is told."""
    ladders: Mapping[str, tuple[str, Sequence[str], Mapping[str, Any]]] = {
        "northside": (BY_MAILBOX, [AGENT, COLLEAGUE], {}),
        "follow": (BY_FOLLOW_ME, [FOLLOWED, FOLLOWED_TO_MAILBOX, COLLEAGUE], {}),
        "groups": (BY_GROUPS, [GROUP, CONFIRMED_GROUP], {}),
        "careless": (
            BY_CARELESS,
            [AGENT, GROUP_THEN_MAILBOX, FOLLOWED_TO_MAILBOX, COLLEAGUE],
            {"internal": "Local/{number}@from-internal/n"},
        ),
        "nobody": (BY_NOBODY, ["1006"], {}),
    }
    sites = {name: _site(name, did, steps, changes) for name, (did, steps, changes) in ladders.items()}
    sites["northside"]["dids"] = [f"+1202555015{n}" for n in range(10)] + [f"+1{BY_MAILBOX}"]
    return {
        **triage.config(),
        "ivr": {
            "ordinary": ORDINARY,
            "queues": {KEYED_QUEUE: {"every": "2s", "timeout": "6s", "then": "ext-local,vmu1001,1"}},
        },
        "sites": sites,
    }


def _site(name: str, did: str, steps: Sequence[str], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{name.title()} Clinic",
        "phone": f"+1{did}",
        "sender": f"+1{did}",
        "dids": [f"+1{did}"],
        "zone": "America/New_York",
        "hours": {"mon-sun": ["00:00-24:00"]},
        "booking_url": "https://book.northside.example/new",
        "triage": {
            **triage.TRIAGE,
            "steps": [{"ring": [number], "ring_for": f"{RING}s"} for number in steps],
            "last_resort": DOCTOR,
            "internal": SKIPPING,
            "outside": "Local/{digits}@from-internal/n",
            **changes,
        },
    }


def add_to_freepbx(pbx: Pbx, service: Service) -> None:
    """Put our contexts into a PBX of FreePBX's shape, and what leads to them."""
    triage.record_prompts(pbx)
    offer.add_offer(pbx, service, numbers=DESTINATIONS, queues=QUEUES)
