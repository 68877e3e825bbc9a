"""All of the books on one connection."""

from secondring.store.sql.alarms import AlarmPages
from secondring.store.sql.bookings import BookingPages
from secondring.store.sql.bookmarks import BookmarkPages
from secondring.store.sql.calls import CallPages
from secondring.store.sql.episodes import EpisodePages
from secondring.store.sql.figures import FigurePages
from secondring.store.sql.jobs import JobPages
from secondring.store.sql.known_lines import KnownLinePages
from secondring.store.sql.notes import NotePages
from secondring.store.sql.retention import RetentionPages
from secondring.store.sql.rows import RowPages
from secondring.store.sql.settings import SettingsPages
from secondring.store.sql.sites import SitePages
from secondring.store.sql.staff import StaffPages
from secondring.store.sql.tallies import TallyPages
from secondring.store.sql.tasks import TaskPages
from secondring.store.sql.texts import TextPages
from secondring.store.sql.trail import TrailPages
from secondring.store.sql.urgent import UrgentPages


class SqlBooks(
    CallPages,
    EpisodePages,
    TextPages,
    TaskPages,
    UrgentPages,
    BookingPages,
    TrailPages,
    KnownLinePages,
    JobPages,
    AlarmPages,
    BookmarkPages,
    FigurePages,
    TallyPages,
    RowPages,
    StaffPages,
    SettingsPages,
    NotePages,
    RetentionPages,
    SitePages,
):
    """`Books` inside one SQL transaction."""
