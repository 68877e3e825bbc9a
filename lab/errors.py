"""The one error of the lab: something that it needs is not there, and what to do about it."""


class LabError(Exception):
    """The lab cannot do what was asked; the message says why and names the remedy."""
