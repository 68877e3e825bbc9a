"""`python -m secondring.cli`: the console script, from a checkout."""

from secondring.cli import main

main()
