"""The one error of the lab: something that it needs is not there, and what to do about it."""

from secondring.domain.errors import SecondRingError


class LabError(SecondRingError):
    """The lab cannot do what was asked; the message says why and names the remedy."""
