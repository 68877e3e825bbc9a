"""`user`: who may log in to the pages. Passwords are asked for, or read from standard input; never an argument."""

import getpass
import shlex
import sys
from typing import Annotated

import typer

from secondring import accounts
from secondring.cli.chosen import to_type, warn
from secondring.cli.common import Json, console, iso, one_of, print_json, table, words_of
from secondring.cli.configured import settings
from secondring.domain.errors import UnknownThing
from secondring.domain.staff import CALLS_PATIENTS, Role

user_app = typer.Typer(no_args_is_help=True, help="Who may log in to the pages: add, list, disable, reset.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="What they log in with.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(user_app, name="user")


@user_app.command()
def add(
    name: Name,
    role: Annotated[
        list[Role],
        typer.Option(metavar=words_of(Role), help="What they do; repeatable.", parser=one_of(Role)),
    ],
    shown: Annotated[str, typer.Option(help="How colleagues see them, such as 'A. Clerk'.")] = "",
    site: Annotated[list[str] | None, typer.Option(help="A site of theirs; repeatable. None: all.")] = None,
    phone: Annotated[str, typer.Option(help="Their desk phone, as the PBX dials it, such as 1001.")] = "",
) -> None:
    """Let somebody log in. The password is asked for; they choose their own at the first log-in.

    Example: secondring user add ana --role front-desk --shown "A. Clerk" --phone 1001
    """
    chosen = settings()
    new = accounts.NewUser(
        name=name, shown=shown or name, roles=tuple(role), sites=tuple(site or ()), phone=phone
    )
    accounts.check_new_user(chosen, new)
    accounts.add_user(chosen, new, accounts.check_password(chosen, _ask_password(), name))
    sys.stdout.write(f"{name} may log in. They choose their own password and set up a code when they do.\n")
    if not phone and CALLS_PATIENTS.intersection(role):
        warn(
            f"WARNING: {name} has no phone, so `Call back` and `Call now` on the pages cannot ring them first."
            f" Add it: `secondring user phone {shlex.quote(name)} 1001` (their own extension for 1001)"
        )


@user_app.command("list")
def list_users(json: Json = False) -> None:
    """Everybody who may log in, and who no longer may."""
    found = accounts.users(settings())
    if json:
        print_json(
            {
                "name": user.name,
                "shown": user.shown,
                "roles": sorted(user.roles),
                "sites": None if user.sites is None else sorted(user.sites),
                "phone": user.phone,
                "second_factor": user.totp_step > 0,
                "created_at": iso(user.created_at),
                "disabled_at": iso(user.disabled_at),
            }
            for user in found
        )
        return
    if not found:
        console().print(to_type("Nobody yet. `secondring user add NAME --role admin` makes the first one."))
        return
    rows = (
        (
            user.name,
            user.shown,
            "all" if user.sites is None else ", ".join(sorted(user.sites)),
            user.phone or "-",
            ("" if user.is_active else "disabled: ") + ", ".join(sorted(user.roles)),
        )
        for user in found
    )
    console().print(table("", ("name", "shown as", "sites", "phone", "roles"), rows))


@user_app.command()
def phone(
    name: Name,
    number: Annotated[str, typer.Argument(metavar="PHONE", help="An extension; '' for none.")],
) -> None:
    """The phone on somebody's desk: it rings first when they call a patient back."""
    accounts.set_phone(settings(), name, number)
    sys.stdout.write(f"{name}: phone {number or 'none'}\n")


@user_app.command()
def disable(name: Name) -> None:
    """Let somebody in no longer; they are signed out at once. `reset` takes it back."""
    accounts.disable_user(settings(), name)
    sys.stdout.write(f"{name} is disabled and signed out.\n")


@user_app.command()
def reset(
    name: Name,
    second_factor: Annotated[
        bool, typer.Option("--second-factor", help="They lost their phone: set up the code anew.")
    ] = False,
    keep_password: Annotated[bool, typer.Option("--keep-password", help="Ask for no new password.")] = False,
) -> None:
    """A new password for somebody; opens a locked or disabled account and ends all its sessions."""
    chosen = settings()
    password = None if keep_password else accounts.check_password(chosen, _ask_password(), name)
    accounts.reset_user(chosen, name, password, second_factor=second_factor)
    sys.stdout.write(f"{name} may log in{'' if keep_password else ' with the new password'}.\n")


@user_app.command()
def sessions(
    name: Name, end: Annotated[bool, typer.Option("--end", help="Sign them out everywhere.")] = False
) -> None:
    """Where somebody is signed in; `--end` signs them out everywhere."""
    chosen = settings()
    if end:
        sys.stdout.write(f"ended {accounts.end_sessions(chosen, name)} sessions of {name}\n")
        return
    rows = [
        (iso(since) or "", iso(seen) or "", address or "-", agent)
        for since, seen, address, agent in accounts.open_sessions(chosen, name)
    ]
    if rows:
        console().print(table("", ("since", "last active", "from", "browser"), rows))
    else:
        sys.stdout.write(f"{name} is not signed in.\n")


def _ask_password() -> str:
    """From the terminal, twice and unseen; or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise UnknownThing("the two were not the same; nothing was changed")
    return password
