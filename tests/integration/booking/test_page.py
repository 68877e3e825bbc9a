"""The booking page as a browser without scripts meets it: over real HTTP, form by form."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote

import httpx
import icalendar
import pytest
import pytest_asyncio

from secondring.booking_web.words import WORDS
from secondring.domain.records import Outcome
from secondring.domain.rules import Ask
from secondring.domain.timetable import VisitType
from tests.support.booking import CHECKUP, TIMETABLE, BookingClinic, booking_rules, booking_site
from tests.support.booking_page import served, shop_of
from tests.support.clinic import ANNA, BEN

TUESDAY_NINE = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
PHONE = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"}
CLINIC_PHONE = "(202) 555-0100"


@pytest.fixture
def clinic() -> BookingClinic:
    return BookingClinic()


@pytest_asyncio.fixture
async def web(clinic: BookingClinic) -> AsyncIterator[httpx.AsyncClient]:
    async with served(shop_of(clinic)) as url, httpx.AsyncClient(base_url=url, headers=PHONE) as client:
        yield client


def start_of(at: datetime) -> str:
    return str(int(at.timestamp()))


def times_on(page: httpx.Response) -> list[str]:
    return re.findall(r'name="time" value="(\d+)"', page.text)


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


async def send(web: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    """Send a form, and go where it leads."""
    return await web.post(path, data=form, follow_redirects=True)


async def book(web: httpx.AsyncClient, token: str, time: str = "") -> httpx.Response:
    page = await web.get(f"/b/{token}/times")
    page = await send(web, f"/b/{token}/hold", visit="checkup", time=time or times_on(page)[0])
    return await send(web, f"/b/{token}/confirm", booking=hidden(page, "booking"))


async def test_from_the_text_to_the_booking(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    page = await web.get(f"/b/{token}")
    assert page.status_code == 200
    for words in ("Northside Clinic", CLINIC_PHONE, "tel:+12025550100", "Pick a time", "Call me instead"):
        assert words in page.text
    assert times_on(page)[:3] == [start_of(TUESDAY_NINE + n * timedelta(minutes=30)) for n in range(3)]
    page = await send(web, f"/b/{token}/hold", visit="checkup", time=times_on(page)[0])
    assert page.request.method == "GET"
    for words in (
        "Is this right?",
        "Tuesday, March 3 at 9:00\u00a0AM",
        "Northside Clinic",
        "12 Maple Street",
    ):
        assert words in page.text
    assert clinic.episode.is_open
    page = await send(web, f"/b/{token}/confirm", booking=hidden(page, "booking"))
    assert "You are booked" in page.text
    assert clinic.episode.outcome is Outcome.BOOKED
    assert [text.template for text in clinic.send_due()] == ["booked"]


async def test_nobody_is_promised_a_text_that_they_do_not_want(
    clinic: BookingClinic, web: httpx.AsyncClient
) -> None:
    token = clinic.asks_to_book()
    assert "We also send this to you by text" in (await book(web, token)).text
    clinic.writes("STOP")
    page = await web.get(f"/b/{token}")
    assert "We also send" not in page.text
    assert "Keep the text that brought you here" in page.text


async def test_a_day_has_all_its_times(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    page = await web.get(f"/b/{token}/times?day=2026-03-04")
    assert len(times_on(page)) == 6
    assert "Wednesday, March 4" in page.text
    nothing = await web.get(f"/b/{token}/times?day=2026-03-08")
    assert times_on(nothing) == []
    assert "no open time left on this day" in nothing.text


async def test_several_visit_types_are_asked_for_first() -> None:
    new = VisitType(id="new", names={"en": "First visit"}, length=timedelta(hours=1))
    timetable = TIMETABLE.__class__(
        zone=TIMETABLE.zone, week=TIMETABLE.week, visits=(CHECKUP, new), horizon=timedelta(days=7)
    )
    clinic = BookingClinic(rules=booking_rules(booking_site(timetable=timetable)))
    token = clinic.asks_to_book()
    async with served(shop_of(clinic)) as url, httpx.AsyncClient(base_url=url, headers=PHONE) as web:
        page = await web.get(f"/b/{token}")
        assert "What is it for?" in page.text
        assert "60 minutes" in page.text
        page = await web.get(f"/b/{token}/times?visit=new")
        page = await send(web, f"/b/{token}/hold", visit="new", time=times_on(page)[0])
        assert "First visit" in page.text
        await send(web, f"/b/{token}/confirm", booking=hidden(page, "booking"))
    booked = clinic.there(token).booked
    assert booked is not None
    assert booked.ends_at - booked.starts_at == timedelta(hours=1)


# ------------------------------------------------------------------ looking changes nothing


async def test_no_get_and_no_head_books_holds_or_cancels(
    clinic: BookingClinic, web: httpx.AsyncClient
) -> None:
    token = clinic.asks_to_book()
    await book(web, token)
    clinic.send_due()
    before = (clinic.episode, clinic.bookings(clinic.episode), clinic.texts, clinic.tasks)
    steps = ("", "/times", "/cancel", "/visit.ics", "/hold", "/let-go", "/confirm", "/call-me")
    booking = clinic.bookings(clinic.episode)[0].id
    query = f"booking={booking}&visit=checkup&time={start_of(TUESDAY_NINE + timedelta(hours=1))}"
    for step in steps:
        for path in (f"/b/{token}{step}", f"/b/{token}{step}?{query}"):
            await web.get(path)
            await web.head(path)
            await web.request("GET", path, content=query)
    assert (clinic.episode, clinic.bookings(clinic.episode), clinic.texts, clinic.tasks) == before


async def test_a_click_is_a_persons(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    previews = [
        {"user-agent": "facebookexternalhit/1.1 Facebot Twitterbot/1.0"},
        {"user-agent": "WhatsApp/2.23"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user-agent": ""},
        PHONE | {"sec-purpose": "prefetch;prerender"},
        PHONE | {"purpose": "prefetch"},
    ]
    for headers in previews:
        assert (await web.get(f"/b/{token}", headers=headers)).status_code == 200
    await web.head(f"/b/{token}")
    assert clinic.all_links[0].clicks == 0
    await web.get(f"/b/{token}")
    await web.get(f"/b/{token}?lang=es")
    await web.get(f"/b/{token}")
    assert clinic.all_links[0].clicks == 2


async def test_the_clinics_own_page_is_one_counted_step_away() -> None:
    site = booking_site(timetable=None, booking_url="https://elsewhere.example/new?a=1")
    clinic = BookingClinic(rules=booking_rules(site))
    token = clinic.asks_to_book()
    async with served(shop_of(clinic)) as url, httpx.AsyncClient(base_url=url, headers=PHONE) as web:
        for method in ("HEAD", "GET"):
            answer = await web.request(method, f"/g/{token}")
            assert (answer.status_code, answer.headers["location"]) == (
                302,
                "https://elsewhere.example/new?a=1",
            )
        assert clinic.all_links[0].clicks == 1
        assert (await web.get(f"/b/{token}")).status_code == 404
        assert (await web.get("/g/" + "A" * 22)).status_code == 404


# ------------------------------------------------------------------ moving, cancelling, being called


async def test_moving_by_the_same_link(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    await book(web, token)
    page = await web.get(f"/b/{token}/times")
    assert "You are booked for Tuesday, March 3" in page.text
    page = await book(web, token, times_on(page)[2])
    assert "10:30\u00a0AM" in page.text
    booked = clinic.there(token).booked
    assert booked is not None
    assert booked.starts_at == TUESDAY_NINE + timedelta(minutes=90)


async def test_who_books_in_spanish_is_texted_in_spanish(
    clinic: BookingClinic, web: httpx.AsyncClient
) -> None:
    token = clinic.asks_to_book()
    page = await web.get(f"/b/{token}/times?lang=es")
    assert clinic.episode.language == "en", "looking changes nothing"
    page = await send(web, f"/b/{token}/hold?lang=es", visit="checkup", time=times_on(page)[0])
    page = await send(web, f"/b/{token}/confirm?lang=es", booking=hidden(page, "booking"))
    assert WORDS["es"]["booked"] in page.text
    assert clinic.texts[-1].body.startswith("booked/es ")
    assert WORDS["es"]["booked"] in (await web.get(f"/b/{token}")).text
    page = await web.get(f"/b/{token}/cancel?lang=en")
    await send(web, f"/b/{token}/cancel?lang=en", booking=hidden(page, "booking"))
    assert clinic.texts[-1].body.startswith("booking-cancelled/en ")


async def test_cancelling_asks_first(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    await book(web, token)
    page = await web.get(f"/b/{token}/cancel")
    assert "Cancel this visit?" in page.text
    page = await send(web, f"/b/{token}/cancel", booking=hidden(page, "booking"))
    assert "Your visit is cancelled" in page.text
    assert clinic.there(token).booked is None
    again = await web.get(f"/b/{token}/cancel", follow_redirects=True)
    assert "Pick a time" in again.text


async def test_call_me_instead_is_on_every_page_and_makes_a_task(
    clinic: BookingClinic, web: httpx.AsyncClient
) -> None:
    token = clinic.asks_to_book()
    pages = [await web.get(f"/b/{token}"), await web.get(f"/b/{token}/times?day=2026-03-04")]
    pages.append(await send(web, f"/b/{token}/hold", visit="checkup", time=times_on(pages[0])[0]))
    assert all(f'action="/b/{token}/call-me?lang=en"' in page.text for page in pages)
    page = await send(web, f"/b/{token}/call-me")
    assert "We will call you" in page.text
    assert clinic.task.title == "Call them (asked for it on the booking page)"


async def test_somebody_else_was_faster(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    anna, ben = clinic.asks_to_book(ANNA), clinic.asks_to_book(BEN)
    seen = times_on(await web.get(f"/b/{ben}"))
    await book(web, anna, seen[0])
    page = await send(web, f"/b/{ben}/hold", visit="checkup", time=seen[0])
    assert "Someone else was faster" in page.text
    assert seen[0] not in times_on(page)


async def test_the_file_for_the_calendar(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    assert (await web.get(f"/b/{token}/visit.ics")).status_code == 404
    await book(web, token)
    first = await web.get(f"/b/{token}/visit.ics")
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    await book(web, token)
    second = await web.get(f"/b/{token}/visit.ics")
    events = [icalendar.Calendar.from_ical(file.text).walk("VEVENT")[0] for file in (first, second)]
    assert [event.decoded("dtstart") for event in events] == [
        TUESDAY_NINE,
        TUESDAY_NINE + timedelta(minutes=30),
    ]
    assert events[0]["uid"] == events[1]["uid"]
    assert [int(str(event["sequence"])) for event in events] == [1, 2]
    assert str(events[0]["location"]) == "12 Maple Street"
    assert token not in first.text
    assert "Check-up" not in first.text


# ------------------------------------------------------------------ who comes


async def test_name_and_date_of_birth_are_asked_for_where_wanted() -> None:
    clinic = BookingClinic(rules=booking_rules(ask_name=Ask.REQUIRED, ask_birth_date=Ask.OPTIONAL))
    token = clinic.asks_to_book(word="CITA")
    async with served(shop_of(clinic)) as url, httpx.AsyncClient(base_url=url, headers=PHONE) as web:
        page = await send(web, f"/b/{token}/hold", visit="checkup", time=start_of(TUESDAY_NINE))
        booking = hidden(page, "booking")
        for wrong in ({}, {"first_name": "x" * 61}, {"first_name": "Ana", "born": "99/99/1980"}):
            page = await send(web, f"/b/{token}/confirm", booking=booking, **wrong)
            assert page.status_code == 422
            assert 'aria-invalid="true"' in page.text
        name = '<script>"Ána"</script>'
        page = await send(web, f"/b/{token}/confirm", booking=booking, first_name=name, born="1980")
        assert "<script>" not in page.text
        await send(web, f"/b/{token}/confirm", booking=booking, first_name=" Ana  María ", born="27/4/1980")
    booked = clinic.there(token).booked
    assert booked is not None
    assert (booked.first_name, booked.born) == ("Ana María", date(1980, 4, 27))


async def test_what_is_not_asked_for_is_not_kept(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    page = await send(web, f"/b/{token}/hold", visit="checkup", time=start_of(TUESDAY_NINE))
    await send(
        web, f"/b/{token}/confirm", booking=hidden(page, "booking"), first_name="Ana", born="4/27/1980"
    )
    booked = clinic.there(token).booked
    assert booked is not None
    assert (booked.first_name, booked.born) == ("", None)


# ------------------------------------------------------------------ languages


async def test_the_page_speaks_the_language_they_wrote_in(
    clinic: BookingClinic, web: httpx.AsyncClient
) -> None:
    token = clinic.asks_to_book(word="CITA")
    page = await web.get(f"/b/{token}")
    assert '<html lang="es">' in page.text
    assert "Mañana,<br>martes 3 de marzo" in page.text
    page = await web.get(f"/b/{token}?lang=en")
    assert "Tomorrow,<br>Tuesday, March 3" in page.text


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["en"].keys() == WORDS["es"].keys()
    for name, words in WORDS["en"].items():
        assert re.findall(r"{\w+}", words) == re.findall(r"{\w+}", WORDS["es"][name]), name


# ------------------------------------------------------------------ links that lead nowhere, and bad manners


async def test_every_link_that_leads_nowhere_looks_the_same(
    clinic: BookingClinic, web: httpx.AsyncClient
) -> None:
    token = clinic.asks_to_book()
    clinic.wait(days=4)
    pages = [
        await web.get(path)
        for path in (
            f"/b/{token}",
            "/b/" + "A" * 22,
            "/b/x",
            f"/b/{token}/cancel",
            "/",
            "/admin",
            f"/g/{token}",
        )
    ]
    pages.append(await web.post(f"/b/{token}/hold", data={"visit": "checkup", "time": "1"}))
    pages.append(await web.post("/b/" + "A" * 22 + "/confirm", data={}))
    assert {(page.status_code, page.text) for page in pages} == {(404, pages[0].text)}
    assert "This link does not work any more" in pages[0].text
    assert CLINIC_PHONE in pages[0].text


FORMS = [
    b"",
    b"visit=checkup",
    b"visit=checkup&time=",
    b"visit=checkup&time=-1",
    b"visit=checkup&time=9999999999",
    b"visit=%00&time=%D9%A1%D9%A2",
    b"visit=surgery&time=1772546400",
    b"\xff\xfe",
    b"&".join(b"a=1" for _ in range(50)),
    b"a=" + b"x" * 10_000,
    b'{"visit": "checkup"}',
    quote("visit=' OR 1=1 --").encode(),
]


@pytest.mark.parametrize("form", FORMS)
async def test_no_form_breaks_it(clinic: BookingClinic, web: httpx.AsyncClient, form: bytes) -> None:
    token = clinic.asks_to_book()
    for step in ("hold", "let-go", "confirm", "cancel"):
        answer = await web.post(f"/b/{token}/{step}", content=form)
        assert answer.status_code in (303, 404), (step, answer.status_code)
    assert clinic.bookings(clinic.episode) == []


QUERIES = ["day=2026-99-99", "day=x", "visit=%00", "lang=fr", "lang=../x", "note=<script>", "day=0000-01-01"]


@pytest.mark.parametrize("query", QUERIES)
async def test_no_address_breaks_it(clinic: BookingClinic, web: httpx.AsyncClient, query: str) -> None:
    token = clinic.asks_to_book()
    for step in ("", "/times", "/cancel"):
        answer = await web.get(f"/b/{token}{step}?{query}")
        assert answer.status_code in (200, 303)
        assert "<script>" not in answer.text


async def test_a_form_from_somebody_elses_page_is_not_taken(
    clinic: BookingClinic, web: httpx.AsyncClient
) -> None:
    token = clinic.asks_to_book()
    answer = await web.post(f"/b/{token}/call-me", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 404
    assert clinic.tasks == []


async def test_every_answer_is_strict_about_itself(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    for path in (f"/b/{token}", "/b/x", "/booking.css", "/healthz", "/robots.txt"):
        headers = (await web.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert "server" not in headers
        assert "set-cookie" not in headers
    assert (await web.get(f"/b/{token}")).headers["cache-control"] == "no-store"


async def test_the_page_holds_nothing_of_the_patients_and_no_script(
    clinic: BookingClinic, web: httpx.AsyncClient
) -> None:
    token = clinic.asks_to_book()
    pages = [await web.get(f"/b/{token}"), await book(web, token), await web.get(f"/b/{token}/cancel")]
    for page in pages:
        assert "5550123" not in page.text
        assert "<script" not in page.text
        assert "http://" not in page.text
        assert "https://" not in page.text


async def test_whoever_asks_too_often_has_to_wait(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    shop = shop_of(clinic, per_minute=10)
    async with served(shop, proxies=("127.0.0.1",)) as url, httpx.AsyncClient(base_url=url) as web:

        async def visit(address: str) -> int:
            answer = await web.get(f"/b/{token}", headers={"x-forwarded-for": address})
            assert CLINIC_PHONE in answer.text
            return answer.status_code

        answers = [await visit("203.0.113.7") for _ in range(12)]
        assert answers == [200] * 10 + [429] * 2
        assert await visit("203.0.113.8") == 200
        clinic.wait(minutes=1)
        assert await visit("203.0.113.7") == 200


async def test_nobody_chooses_their_own_address(clinic: BookingClinic) -> None:
    shop = shop_of(clinic, per_minute=10)
    async with served(shop) as url, httpx.AsyncClient(base_url=url) as web:
        statuses = [
            (await web.get("/healthz", headers={"x-forwarded-for": f"203.0.113.{n}"})).status_code
            for n in range(12)
        ]
    assert statuses.count(429) == 2


async def test_books_that_fail_leave_the_phone(clinic: BookingClinic, web: httpx.AsyncClient) -> None:
    token = clinic.asks_to_book()
    clinic.store = None  # type: ignore[assignment]
    broken = shop_of(clinic)
    async with served(broken) as url, httpx.AsyncClient(base_url=url) as other:
        answer = await other.get(f"/b/{token}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert CLINIC_PHONE in answer.text
