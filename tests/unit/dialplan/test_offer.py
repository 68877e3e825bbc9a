"""What is written for extensions.conf and queues.conf, word for word; and what is refused.

`python -m tests.unit.dialplan.test_offer` renews the golden files.
"""

import re
from pathlib import Path

import pytest

from dialplan.offer import LastResort, Offer, Waiting, render_dialplan, render_queues
from secondring.domain.errors import ConfigError

GOLDEN = Path(__file__).parent / "golden"
FRONT = Waiting(name="front", every=20, from_position=3, timeout=90, then="from-closed,s,1")
FULL = Offer(queues=(FRONT, Waiting(name="400")), ordinary="ext-queues,400,1", after_text="hang-up")
SITES = (
    LastResort(site="north", dids=("2025550100", "2025550101"), dial="PJSIP/+12025550188@trunk"),
    LastResort(site="south", dids=("2025550120",), dial=""),
)
RENDERED = {
    "offer-plain.conf": render_dialplan(Offer(), "22.1.0"),
    "offer-full.conf": render_dialplan(FULL, "22.1.0"),
    "offer-asterisk-20.conf": render_dialplan(FULL, "20.9.1"),
    "offer-stock-sounds.conf": render_dialplan(Offer(), "22.1.0", missing={"no-key", "greeting-north"}),
    "offer-urgent.conf": render_dialplan(Offer(ordinary="ext-queues,400,1", triage=SITES), "22.1.0"),
    "offer-program.conf": render_dialplan(Offer(program="/opt/secondring/bin/secondring"), "22.1.0"),
    "queues.conf": render_queues(FULL.queues),
}


@pytest.mark.parametrize("name", RENDERED)
def test_it_is_written_as_it_was(name: str) -> None:
    assert RENDERED[name] == (GOLDEN / name).read_text("utf-8")


@pytest.mark.parametrize("name", [name for name in RENDERED if name.startswith("offer")])
def test_every_destination_fits_where_freepbx_keeps_it(name: str) -> None:
    entries = re.findall(r"^exten => ([\w-]+),1,", RENDERED[name].split("; ---- pieces")[0], re.MULTILINE)
    assert [e for e in entries if len(f"secondring,{e},1") > 50] == []


@pytest.mark.parametrize("name", [name for name in RENDERED if name.startswith("offer")])
def test_nothing_of_the_pbx_is_touched(name: str) -> None:
    text = RENDERED[name]
    assert "Macro(" not in text
    assert set(re.findall(r"^\[([\w-]+)\]", text, re.MULTILINE)) >= {"secondring"}
    assert all(
        context.startswith("secondring") for context in re.findall(r"^\[([\w-]+)\]", text, re.MULTILINE)
    )
    ours = {
        n
        for n in re.findall(r"Set\(([\w()]+)=", text)
        if not n.startswith(("SR_", "__SR_", "SHARED(SR_", "LOCAL(", "TIMEOUT(", "CHANNEL(", "CALLERID("))
    }
    marks = {"__NODEST", "__BLKVM_CHANNEL", "SHARED(BLKVM)"}
    assert ours <= {"GOSUB_RESULT", "DIALSTATUS", *marks}


def test_a_place_in_the_queue_is_the_ninth_argument_and_the_tenth_before_asterisk_21() -> None:
    assert "Queue(400,t,,,${SR_REST},,,,${SR_PLACE})" in RENDERED["offer-full.conf"]
    assert "Queue(400,t,,,${SR_REST},,,,,${SR_PLACE})" in RENDERED["offer-asterisk-20.conf"]


@pytest.mark.parametrize(
    "offer",
    [
        Offer(host="x\nexten => s,1,System(rm)"),
        Offer(ordinary="a,b"),
        Offer(ordinary="a,b,1\n[x]"),
        Offer(ordinary=f"{'a' * 50},b,1"),
        Offer(queues=(Waiting(name="a,b"),)),
        Offer(queues=(Waiting(name="x" * 30),)),
        Offer(queues=(Waiting(name="q", options="t,1"),)),
        Offer(queues=(Waiting(name="q", then="no"),)),
        Offer(program="secondring; rm"),
        Offer(triage=(LastResort(site="n,1", dids=(), dial=""),)),
        Offer(triage=(LastResort(site="n", dids=('1"',), dial=""),)),
        Offer(triage=(LastResort(site="n", dids=(), dial="SIP/1,20,g"),)),
        Offer(triage=(LastResort(site="n", dids=(), dial="SIP/${X}"),)),
    ],
)
def test_what_would_be_read_differently_is_refused(offer: Offer) -> None:
    with pytest.raises(ConfigError):
        render_dialplan(offer, "22.1.0")


def test_a_prompt_that_nothing_can_stand_in_for_says_how_to_make_it() -> None:
    with pytest.raises(ConfigError, match="prompts build"):
        render_dialplan(Offer(), "22.1.0", missing={"offer"})


if __name__ == "__main__":
    for file, text in RENDERED.items():
        (GOLDEN / file).write_text(text, "utf-8")
