"""`secondring demo`: a morning at a clinic that does not exist, on a PBX and phones that do."""

import contextlib
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lab import clinic, offer, triage
from lab.ending import ended_by_signals, our_command
from lab.errors import LabError
from lab.pbx import Pbx
from lab.people import PEOPLE, ended, episodes, number_of, phone_of, tasks_of, texts_to, verdicts
from lab.phones import Answer, Line, Phone, Refuse, State
from lab.scenarios import dids
from lab.service import Service
from lab.ticker import Ticker
from lab.visitor import book_first_time
from secondring import wiring
from secondring.domain.phone import PhoneNumber, spoken_form

STYLES = {
    "missed": "yellow",
    "answered": "green",
    "text": "cyan",
    "reply": "bold",
    "task": "magenta",
    "urgent": "bold red",
    "books": "green",
    "outcome": "green",
    "lost": "dim",
    "rings": "bold red",
    "talking": "green",
    "story": "italic",
}
PICTURE_WIDTH = 110
TALK = 3.0


def run_demo(*, stay: bool = False, picture: Path | None = None) -> None:
    """Set everything up, play the morning, show the report. Nothing is left behind afterwards.

    `picture` is a file that what the terminal shows is drawn to, as SVG.
    """
    out = Console(highlight=False, width=PICTURE_WIDTH, record=True) if picture else Console(highlight=False)
    os.environ["COLUMNS"] = str(out.width)  # the commands whose output is shown keep to this terminal
    out.print("[bold]Second Ring[/bold]: a morning at Northside Clinic\n")
    out.print("Starting a PBX (the first time it is built, which takes about a minute) ...")
    try:
        with ended_by_signals(), Pbx() as pbx:
            out.print(
                f"  {pbx.cli('core show version').split(' built')[0].strip()} at {pbx.sip_host}:{pbx.sip_port}"
            )
            with Service(pbx, config=clinic.config()) as service:
                triage.add_triage(pbx, service)
                out.print("  secondring run, listening to it\n")
                Morning(pbx, service, out).play()
                _what_next(out, pbx, service, stay=stay)
        if picture:
            out.save_svg(
                str(picture), title="scripts/demo", code_format=_without_web_fonts(CONSOLE_SVG_FORMAT)
            )
    except KeyboardInterrupt:
        out.print("\nStopped; nothing is left behind.")


class Morning:
    """The people, their phones, and what they do."""

    def __init__(self, pbx: Pbx, service: Service, out: Console) -> None:
        self._pbx = pbx
        self._service = service
        self._out = out
        self._settings = wiring.load_settings(service.home)
        self._began = time.monotonic()

    def play(self) -> None:
        """The morning, told as it happens, then the report."""
        store = wiring.open_store(self._settings)
        try:
            with Ticker(store, wiring.now(), self._say, self._named) as ticker:
                self._ticker = ticker
                for scene in self._scenes():
                    scene()
        finally:
            store.close()
        self._out.print()
        self._out.print(self._service.ask("report", "--since", "1h"), markup=False)
        self._out.print("[bold]What the front desk sees now[/bold] (secondring tasks)\n")
        self._out.print(self._service.ask("tasks"), markup=False)

    def _scenes(self) -> list[Callable[[], None]]:
        return [
            self.anna_is_answered,
            self.ben_books,
            self.hal_calls_again,
            self.carla_asks_about_a_bill,
            self.finn_asks_something_else,
            self.eva_wants_no_texts,
            self.dan_is_urgent,
            self.a_withheld_number,
            self.gina_presses_1,
            self.ivy_presses_through,
        ]

    # -- the scenes

    def anna_is_answered(self) -> None:
        """A call that is answered costs nobody anything."""
        self._story("Anna calls; the front desk picks up. Nothing to do.")
        with self._desk(Answer(1)), self._caller("Anna") as anna:
            anna.call(dids.ONE_PHONE).wait_for(State.TALKING).stay(TALK).hang_up()
        self._wait_until_calls(1)

    def ben_books(self) -> None:
        """Rang out; the text asks, BOOK gets the link, and two taps book a real time."""
        self._story("Ben calls; it rings and nobody comes.")
        with self._desk(), self._caller("Ben") as ben:
            ben.call(dids.ONE_PHONE_BRIEFLY).wait_for(State.ENDED, 10)
        self._reply("Ben", "BOOK", then_texts=2)
        link = self._link_in_last_text("Ben")
        self._say(
            "books", f"Ben opens the link, taps the first time: {book_first_time(link, first_name='Ben')}"
        )
        self._ticker.wait_for(lambda books: texts_to(books, "Ben") >= 3 and ended(books, "Ben"))

    def hal_calls_again(self) -> None:
        """Back on the line before the text: none is sent."""
        self._story("Hal's call rings out too, but he calls again at once and is answered: no text.")
        with self._desk() as desk, self._caller("Hal") as hal:
            hal.call(dids.ONE_PHONE_BRIEFLY).wait_for(State.ENDED, 10)
            desk.when_called = Answer()
            hal.call(dids.ONE_PHONE).wait_for(State.TALKING).stay(TALK).hang_up()
        self._ticker.wait_for(lambda books: ended(books, "Hal"))

    def carla_asks_about_a_bill(self) -> None:
        """Busy; the reply becomes a task with a clock."""
        self._story("Carla finds the line busy.")
        with self._desk(Refuse()), self._caller("Carla") as carla:
            carla.call(dids.ONE_PHONE).wait_for(State.ENDED, 10)
        self._reply("Carla", "question about my bill from March", then_texts=2)

    def finn_asks_something_else(self) -> None:
        """Free words go whole to a person, who finishes the task."""
        self._story("Finn hangs up in the menu.")
        with self._caller("Finn") as finn:
            line = finn.call(dids.MENU).wait_for(State.TALKING)
            line.wait_for_audio()
            line.hang_up()
        self._reply("Finn", "did I leave my umbrella with you?", then_texts=2)
        self._story("The front desk finds Finn's umbrella, and finishes the task.")
        for task in self._service.rows("tasks"):
            if task["queue"] == "front-desk" and task["title"].startswith("Read"):
                self._service.ask("tasks", "done", task["task"], "--by", "a.clerk", "--result", "resolved")
        self._ticker.wait_for(lambda books: ended(books, "Finn"))

    def eva_wants_no_texts(self) -> None:
        """STOP holds; her next missed call makes a task."""
        self._story("Eva gives up waiting in the queue, and wants no texts.")
        with self._desk(), self._caller("Eva") as eva:
            eva.call(dids.QUEUE_AFTER_ANSWER).wait_for(State.TALKING).stay(TALK).hang_up()
        self._reply("Eva", "STOP", then_texts=2)
        self._story("When her next call is missed, a person calls back instead.")
        with self._desk(), self._caller("Eva") as eva:
            eva.call(dids.ONE_PHONE_BRIEFLY).wait_for(State.ENDED, 10)
        self._ticker.wait_for(lambda books: tasks_of(books, "Eva") > 0)

    def dan_is_urgent(self) -> None:
        """URGENT by text: the nurse's phone rings, then Dan's, and they hear each other."""
        self._story("Dan gives up waiting in the queue. It is urgent.")
        with self._desk(), self._caller("Dan") as dan:
            dan.call(dids.QUEUE_AFTER_ANSWER).wait_for(State.TALKING).stay(TALK).hang_up()
        with self._nurse() as nurse, self._caller("Dan") as dan:
            self._reply("Dan", "URGENT", then_texts=2)
            line = self._nurse_accepts(nurse)
            self._say("rings", "Dan's own phone")
            self._they_talk(line, dan.next_call(10).answer(), "Dan")
        self._ticker.wait_for(lambda books: ended(books, "Dan"))

    def ivy_presses_through(self) -> None:
        """Key 2: the first nurse is a voicemail, which never counts; the second one takes the call."""
        self._story("Ivy hears the menu and presses 2: it is urgent. The first phone is a voicemail.")
        with (
            Phone.inside(self._pbx, "1001", when_called=Answer()),
            Phone.inside(self._pbx, "1002") as nurse,
            self._caller("Ivy") as ivy,
        ):
            line = ivy.call(triage.MENU).wait_for(State.TALKING)
            line.wait_to_hear(offer.TONES["offer"], 15)
            line.dial("2")
            self._they_talk(self._nurse_accepts(nurse), line, "Ivy")
        self._ticker.wait_for(lambda books: ended(books, "Ivy"))

    def a_withheld_number(self) -> None:
        """Nobody can win this caller back; they are counted all the same."""
        self._story("Somebody who withholds their number is missed.")
        with self._desk(), Phone.outside(self._pbx, None) as stranger:
            stranger.call(dids.ONE_PHONE_BRIEFLY).wait_for(State.ENDED, 10)
        self._ticker.wait_for(lambda books: any(e.caller is None for e in episodes(books)))

    def gina_presses_1(self) -> None:
        """A text for the asking, while she waits; none after she hung up."""
        self._story(
            "Gina waits in the queue. She is offered a text, presses 1, and hangs up when she has it."
        )
        with self._caller("Gina") as gina:
            line = gina.call(offer.IN_QUEUE).wait_for(State.TALKING)
            line.wait_to_hear(offer.TONES["offer-queue"], 15)
            line.dial("1")
            self._ticker.wait_for(lambda books: texts_to(books, "Gina") >= 1)
            line.stay(TALK).hang_up()
        self._wait_until_calls(len(self._service.rows("calls")))

    # -- what they use

    def _nurse(self) -> Phone:
        """The first phone of the ladder."""
        return Phone.inside(self._pbx, "1001")

    def _nurse_accepts(self, nurse: Phone) -> Line:
        line = nurse.next_call(30).wait_for(State.RINGING)
        self._say("rings", f"the nurse's phone {nurse.number}: which clinic, waiting for how long, press 1")
        return triage.press_1(line)

    def _they_talk(self, nurse: Line, caller: Line, name: str) -> None:
        """Checked by what each phone hears of the other, not by what the PBX says."""
        triage.hear_each_other(nurse, caller)
        self._say("talking", f"the nurse hears {name}, and {name} hears the nurse")
        nurse.stay(TALK).hang_up()

    def _desk(self, behaviour: Answer | Refuse | None = None) -> Phone:
        if behaviour is None:
            return Phone.inside(self._pbx, "1001")
        return Phone.inside(self._pbx, "1001", when_called=behaviour)

    def _caller(self, name: str) -> Phone:
        return Phone.outside(self._pbx, number_of(name))

    def _reply(self, name: str, words: str, *, then_texts: int) -> None:
        """Answer the text once it is there, and wait until what follows has been sent."""
        self._ticker.wait_for(lambda books: texts_to(books, name) >= 1)
        self._service.ask("handset", "reply", number_of(name), words)
        self._ticker.wait_for(lambda books: texts_to(books, name) >= then_texts)

    def _link_in_last_text(self, name: str) -> str:
        body = wiring.handset(self._settings).inbox(phone_of(name))[-1].body
        found = re.search(r"https?://\S+", body)
        if found is None:
            raise LabError(f"there is no link in the last text to {name}")
        return found.group().rstrip(".")

    def _wait_until_calls(self, count: int) -> None:
        self._ticker.wait_for(lambda books: verdicts(books) >= count)

    # -- how it is told

    def _story(self, words: str) -> None:
        self._out.print()
        self._say("story", words)

    def _say(self, kind: str, words: str) -> None:
        at = time.monotonic() - self._began
        style = STYLES.get(kind, "default")
        line = Table.grid(padding=(0, 1))
        line.add_column(width=8, justify="right", style="dim")
        line.add_column(width=8, style=style)
        line.add_column(style=style if kind in ("story", "urgent") else "")
        line.add_row(f"{at:.1f} s", "" if kind == "story" else kind, Text(words))
        self._out.print(line)

    @staticmethod
    def _named(number: PhoneNumber | None) -> str:
        if number is None:
            return "a caller without a number"
        return PEOPLE.get(number.e164, spoken_form(number, "US"))


def _without_web_fonts(svg: str) -> str:
    """A picture in our README fetches nothing from anywhere."""
    return re.sub(r"@font-face \{\{.*?\}\}", "", svg, flags=re.DOTALL)


def _what_next(out: Console, pbx: Pbx, service: Service, *, stay: bool) -> None:
    typed = our_command(sys.argv[0], Path.cwd())
    if stay:
        _stay(out, pbx, service, f"{typed} --config {service.home}")
        return
    out.print("[bold]Next[/bold]")
    for command, what in (
        ("scripts/demo --stay", "keep the clinic running, see its pages, try things yourself"),
        (f"{typed} try", "type a reply, see what it would do and why"),
        ("docs/install.md", "put it on your own PBX"),
    ):
        out.print(f"  {command:<28} {what}", markup=False, soft_wrap=True)


def _stay(out: Console, pbx: Pbx, service: Service, secondring: str) -> None:
    out.print("[bold]The clinic stays open until Ctrl-C.[/bold] In another terminal, in this folder:\n")
    for command in (
        "calls",
        "explain CALL",
        f"handset inbox {number_of('Ben')}",
        f"handset reply {number_of('Carla')} 'call me after 4'",
        "tasks --numbers",
        "tasks show TASK",
    ):
        out.print(f"  {secondring} {command}", markup=False, soft_wrap=True)
    out.print(
        f"\nA softphone on this machine can register as 1004, password {pbx.phone_secrets['1004']},"
        f"\nat {pbx.sip_host}:{pbx.sip_port}, and call 1001 to 1003.",
        markup=False,
        soft_wrap=True,
    )
    out.print(
        "\n`doctor` shows two things in red there: the demo's phones are switched off by now, and our dialplan came"
        " with this PBX and not by `install`.",
        markup=False,
        soft_wrap=True,
    )
    visitor = clinic.add_visitor(service)
    out.print(f"\n[bold]The pages:[/bold] {clinic.pages(service)}   name: {visitor.name}", soft_wrap=True)
    out.print(f"password: {visitor.password}", markup=False, soft_wrap=True)
    out.print(
        "After the password you are asked for six digits: the line below shows them, others every 30 seconds."
        "\nThe dashboard shows this week, for the clinic opened this morning: every figure is of the calls above.",
        markup=False,
        soft_wrap=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        _show_codes(out, visitor)


def _show_codes(out: Console, visitor: clinic.Visitor) -> None:
    """One line that changes on a terminal; elsewhere a line for each code."""
    if not out.is_terminal:
        said = ""
        while True:
            code = visitor.code(wiring.now())
            if code != said:
                out.print(f"code: {code}", highlight=False)
            said = code
            time.sleep(1)
    with Live(console=out, auto_refresh=False) as line:
        while True:
            line.update(Text(f"code: {visitor.code(wiring.now())}", style="bold"), refresh=True)
            time.sleep(1)
