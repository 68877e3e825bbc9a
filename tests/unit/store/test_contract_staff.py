"""Users, sessions, notes and the audit: the same from every kind of store; and the audit only ever grows."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from secondring.domain.ports import Store
from secondring.domain.staff import AuditEntry, Role, Session, StaffNote, Stage, User, UserId
from secondring.store.sqlstore import SqlStore
from tests.support.books import DAY, EAST, KEY, MAIN, MINUTE, NOW, SECOND, an_episode, an_urgent_case, eid
from tests.support.raw import run_raw

ANA = User(
    id=UserId("P-1"),
    name="ana",
    shown="A. Clerk",
    roles=frozenset({Role.FRONT_DESK, Role.BILLING}),
    sites=frozenset({MAIN, EAST}),
    phone="1001",
    password="$argon2id$stand-in",
    must_change=True,
    totp="JBSWY3DPEHPK3PXP",
    totp_step=57_000_000,
    recovery=("a", "b"),
    failures=3,
    failed_at=NOW,
    created_at=NOW,
    disabled_at=NOW + DAY,
    vouched="https://login.example 0815",
)
BO = User(id=UserId("P-2"), name="bo", shown="B. Nurse", roles=frozenset({Role.NURSE}), created_at=NOW)


def a_session(name: str = "t-1", **changes: Any) -> Session:
    values: dict[str, Any] = {
        "token_hash": name,
        "user": ANA.id,
        "stage": Stage.FULL,
        "created_at": NOW,
        "seen_at": NOW + MINUTE,
        "address": "192.0.2.7",
        "agent": "A Browser",
    }
    return Session(**values | changes)


def an_entry(about: str = "E-1", **changes: Any) -> AuditEntry:
    values: dict[str, Any] = {"at": NOW, "user": ANA.id, "shown": ANA.shown, "action": "view", "what": "work"}
    return AuditEntry(about=about, **values | changes)


def test_users_come_back_whole_by_id_and_by_name(store: Store) -> None:
    with store.transaction() as books:
        books.save_user(BO)
        books.save_user(ANA)
    with store.reading() as books:
        assert books.user(ANA.id) == ANA
        assert books.user_named("ANA") == ANA
        assert books.users() == [ANA, BO]
        assert books.user_named("nobody") is None


def test_a_name_is_kept_in_lower_case(store: Store) -> None:
    with store.transaction() as books:
        books.save_user(replace(ANA, name="Ana"))
        assert books.user(ANA.id) == ANA


def test_sessions_are_listed_until_they_are_ended(store: Store) -> None:
    first = a_session("t-1", vouched="https://login.example 0815", emergency_until=NOW + DAY)
    second = a_session("t-2", created_at=NOW + SECOND, stage=Stage.PASSWORD)
    with store.transaction() as books:
        books.save_session(first)
        books.save_session(second)
        books.save_session(a_session("t-3", user=BO.id))
        assert books.session("t-2") == second
        assert books.sessions_of(ANA.id) == [second, first]
        assert books.end_sessions(ANA.id, NOW + DAY, but="t-1") == 1
        assert books.sessions_of(ANA.id) == [first]
        ended = books.session("t-2")
        assert ended is not None
        assert ended.ended_at == NOW + DAY
        assert len(books.sessions_of(BO.id)) == 1


def test_old_sessions_are_forgotten(store: Store) -> None:
    with store.transaction() as books:
        books.save_session(a_session("old"))
        books.save_session(a_session("new", created_at=NOW + DAY))
        assert books.drop_sessions(NOW + DAY) == 1
        assert books.session("old") is None
        assert books.session("new") is not None


def test_the_audit_is_read_newest_first_a_page_at_a_time(store: Store) -> None:
    with store.transaction() as books:
        for number in range(5):
            books.add_audit(an_entry(f"E-{number}", site=MAIN, address="192.0.2.7"))
        books.add_audit(an_entry("E-1", user=None, shown="somebody", action="log-in-failed"))
    with store.reading() as books:
        newest = books.audit(limit=2)
        assert [entry.about for entry in newest] == ["E-1", "E-4"]
        assert [entry.about for entry in books.audit(before=newest[-1].seq, limit=2)] == ["E-3", "E-2"]
        assert len(books.audit(about="E-1", limit=9)) == 2
        (mine,) = books.audit(user=ANA.id, about="E-1", limit=9)
        assert replace(mine, seq=0) == an_entry("E-1", site=MAIN, address="192.0.2.7")


@pytest.mark.parametrize("change", ["UPDATE audit SET what = 'nothing'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_audit(any_url: str, change: str) -> None:
    store = SqlStore(any_url, KEY)
    with store.transaction() as books:
        books.add_audit(an_entry())
    store.close()
    with pytest.raises(IntegrityError, match="only grow"):
        run_raw(any_url, change)


def test_notes_belong_to_an_episode(store: Store) -> None:
    note = StaffNote(at=NOW, episode=eid(1), task=None, by="A. Clerk", words="prefers afternoons")
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.add_note(replace(note, at=NOW + SECOND, words="called, no answer"))
        books.add_note(note)
        assert [kept.words for kept in books.notes_of(eid(1))] == ["prefers afternoons", "called, no answer"]
        assert books.notes_of(eid(1))[0] == note
        assert books.notes_of(eid(2)) == []


def test_an_alarm_stays_until_somebody_signs(store: Store) -> None:
    case = an_urgent_case(1, last_resort_at=NOW, closed_at=NOW + MINUTE)
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_episode(an_episode(2))
        books.save_urgent_case(case)
        books.save_urgent_case(an_urgent_case(2))
        assert books.unsigned_urgent_cases() == [case]
        books.save_urgent_case(replace(case, signed_at=NOW + DAY, signed_by="B. Nurse"))
        assert books.unsigned_urgent_cases() == []
