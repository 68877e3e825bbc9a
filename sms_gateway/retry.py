"""How often, how soon and for how long a text is tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from secondring.domain.episodes import is_first
from secondring.domain.records import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """A first text is worth little after a quarter of an hour; by then a person had better call."""

    most_attempts: int = 6
    first_text_worth: timedelta = timedelta(minutes=15)
    other_text_worth: timedelta = timedelta(hours=1)
    doubt: timedelta = timedelta(minutes=10)
    """How much longer we try to find out what became of a text."""
    first_text_again: timedelta = timedelta(minutes=30)
    """A first text that failed later is not sent again after this: a person calls sooner than that would help."""
    other_text_again: timedelta = timedelta(hours=4)
    first_delay: timedelta = timedelta(seconds=2)
    factor: float = 3.0
    """2, 6, 18, 54, 162 s: six tries take about four minutes."""
    longest_delay: timedelta = timedelta(minutes=5)

    def delay(self, attempts: int, chance: float) -> timedelta:
        """How long to wait after so many tries, times 0.5 to 1.5: `chance`, in [0, 1), spreads the crowd."""
        exponent = min(max(attempts, 1) - 1, 20)
        plain = min(self.first_delay * self.factor**exponent, self.longest_delay)
        return plain * (0.5 + chance)

    def worth_until(self, text: Text) -> datetime:
        """After this a text is not sent any more."""
        first = is_first(text.template)
        return text.due_at + (self.first_text_worth if first else self.other_text_worth)

    def may_go_at(self, text: Text, at: datetime) -> bool:
        """Is a text that the phone did not get still of use at that time?"""
        first = is_first(text.template)
        return at <= text.created_at + (self.first_text_again if first else self.other_text_again)

    def doubt_until(self, text: Text) -> datetime:
        """After this a person has to find out whether the patient has the text."""
        return self.worth_until(text) + self.doubt
