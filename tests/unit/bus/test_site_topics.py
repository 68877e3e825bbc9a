"""What is said between site boxes and their centre: all of it in the catalogue, with schemas of both its sides."""

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from secondring import dispatching, site_schemas
from secondring.bus import parcels
from secondring.bus.seal import Seal
from secondring.bus.site_topics import BETWEEN_SITES, SiteTopic, site_topic_of
from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, Direction
from secondring.domain.centre_health import Refusal
from secondring.domain.dispatches import (
    KINDS,
    AlarmTold,
    Dispatch,
    Presser,
    TextAsked,
    TextsDeclined,
    UrgentTold,
)
from secondring.domain.dispatches import kind_of as kind
from secondring.domain.ids import CallId, EpisodeId, SiteId, Uniqueid, UrgentId
from secondring.domain.ladder import Target
from secondring.domain.offer import InCall
from secondring.domain.urgent_case import Attempt, Stage, Trigger, UrgentCase
from secondring.domain.verdict import Detail, Reason, Verdict
from secondring.site_box import HANDED, HandedOver
from tests.support.clinic import ANNA, MONDAY_TEN
from tests.support.schemas import site_breaches

BOX, NAME = "north-box", "a" * 32
SEAL = Seal(bytes(32), BOX)
CALL = CallId(BOX, Uniqueid("17.1"))
AT = MONDAY_TEN
HEARD = InCall(uniqueid=CALL.uniqueid, caller=ANNA.e164, did="2025550100", language="en")
CASE = UrgentCase(
    id=UrgentId("U-1"),
    episode=EpisodeId("E-1"),
    site=SiteId("north"),
    trigger=Trigger.KEY,
    caller=ANNA,
    stage=Stage.RINGING,
    attempts=(Attempt(id="1", target=Target(number="1001"), started_at=AT),),
    due_at=AT + timedelta(seconds=20),
    give_up_at=AT + timedelta(minutes=5),
    triggered_at=AT,
)
DISPATCHES: tuple[Dispatch, ...] = (
    CallBegan(call=CALL, at=AT, caller=ANNA.e164, did="2025550100"),
    CallAnswered(call=CALL, at=AT, direction=Direction.OUTBOUND, far=ANNA.e164),
    CallEnded(
        call=CALL,
        direction=Direction.INBOUND,
        verdict=Verdict.MISSED,
        reason=Reason.NO_ANSWER,
        detail=Detail.TIMEOUT,
        caller=ANNA.e164,
        withheld=False,
        did="2025550100",
        queue=None,
        started_at=AT,
        ended_at=AT + timedelta(seconds=30.5),
        answered_at=None,
    ),
    TextAsked(call=CALL, heard=HEARD, typed="2025550124", at=AT),
    TextsDeclined(call=CALL, heard=HEARD, at=AT),
    UrgentTold(
        case=CASE,
        presser=Presser(call=CALL, caller=ANNA.e164, did="2025550100", language="en"),
        at=AT,
        notes=(("triage-ring", "1001"),),
        alarms=(("urgent-nobody", "nobody took it"),),
        red_tasks=(("Call back now", "an urgent caller"),),
        texts=("urgent-left",),
    ),
    AlarmTold(kind="disk", because="little room", site="", at=AT),
)


def said(what: str, words: str, name: str = NAME, *, way: str = parcels.UP) -> tuple[str, Any]:
    """A message as it is published."""
    return f"secondring/{BOX}/{way}/{what}", json.loads(parcels.packed(SEAL, way, what, name, words))


@pytest.mark.parametrize("topic", BETWEEN_SITES, ids=lambda topic: topic.pattern)
def test_each_has_schemas_with_their_version_that_forbid_no_field_that_is_added_later(
    topic: SiteTopic,
) -> None:
    schemas = {topic.schema: topic.read_schema()}
    if topic.inside:
        schemas[topic.inside] = topic.read_inside()
    for file, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert file.endswith(f"-{schema['properties']['v']['const']}.json")
        assert "v" in schema["required"]
        assert schema["additionalProperties"] is True


def test_the_schemas_of_what_is_sealed_are_what_the_types_say() -> None:
    """`python -m secondring.site_schemas` brings them up to date. Does a field mean something else now, or is one gone?
    Then the version grows, and the schema gets a file of its own: a box and its centre may be of different releases.
    """
    for name, text in site_schemas.written().items():
        assert (site_schemas.FOLDER / name).read_text("utf-8") == text


def test_every_kind_of_dispatch_is_tried_here() -> None:
    assert {kind(one) for one in DISPATCHES} == set(KINDS)


@pytest.mark.parametrize("lane", parcels.LANES)
@pytest.mark.parametrize("dispatch", DISPATCHES, ids=kind)
def test_every_dispatch_keeps_to_its_schema_in_every_lane(lane: str, dispatch: Dispatch) -> None:
    assert site_breaches(*said(lane, dispatching.encode(dispatch)), SEAL) == []


def test_so_does_what_the_centre_says() -> None:
    handed = HANDED.dump_json(HandedOver(case=CASE, language="en")).decode()
    assert site_breaches(*said(parcels.HAND_OVER, handed, CASE.id, way=parcels.DOWN), SEAL) == []
    for what in (parcels.TAKEN, parcels.BEAT, parcels.REACHED):
        assert site_breaches(*said(what, NAME, way=parcels.DOWN), SEAL) == []
    for because in Refusal:
        refused = json.loads(parcels.refused(because))
        assert site_breaches(parcels.down(BOX, parcels.REFUSED), refused, SEAL) == []
    for online in (True, False):
        status = json.loads(parcels.status(online=online))
        assert site_breaches(parcels.up(BOX, parcels.STATUS), status, SEAL, True) == []


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        said("live", '{"v": 1, "kind": "call-began", "told": {}}'),
        said("live", '{"v": 2, "kind": "call-began", "told": {}}'),
        said("live", '{"v": 1, "kind": "gossip", "told": {}}'),
        said("beat", '{"v": 1, "at": "yesterday", "waiting": 0, "oldest_at": null, "listening": true}'),
        said("beat", '{"v": 1, "at": "2026-03-02T15:00:00Z", "waiting": -1, "oldest_at": null, "listening": true}'),
        said("taken", "more than its name", way=parcels.DOWN),
        said("gossip", "{}"),
        (parcels.up(BOX, "live"), {"v": 1, "id": NAME, "sealed": "the words as they are"}),
        (parcels.down(BOX, parcels.REFUSED), {"v": 1, "because": "+12025550123 called"}),
    ],
)  # fmt: skip
def test_what_breaks_a_schema_inside_or_outside_is_found(topic: str, payload: Any) -> None:
    assert site_breaches(topic, payload, SEAL)


def test_only_the_status_may_be_kept_by_the_broker() -> None:
    assert [topic.pattern for topic in BETWEEN_SITES if topic.retained] == ["secondring/<box>/up/status"]
    topic, payload = said("live", dispatching.encode(DISPATCHES[0]))
    assert site_breaches(topic, payload, SEAL, True)


def test_every_name_that_the_code_speaks_under_is_in_the_catalogue() -> None:
    for what in (*parcels.LANES, parcels.BEAT, parcels.STATUS):
        assert site_topic_of(parcels.up(BOX, what))
    for what in (parcels.TAKEN, parcels.BEAT, parcels.REFUSED, parcels.HAND_OVER, parcels.REACHED):
        assert site_topic_of(parcels.down(BOX, what))
