"""What holds for every test."""

from hypothesis import settings

# Wall-clock limits of single examples fail on a machine that others keep busy; pytest's own limit stands.
settings.register_profile("secondring", deadline=None)
settings.load_profile("secondring")
