"""Looks at every link of the chain and says, with evidence, which holds and what mends the one that does not.

`examine` gives the findings one by one, in the order in which things depend on each other.
"""

from secondring.doctor.findings import Finding, Named
from secondring.doctor.visit import Visit, examine

__all__ = ["Finding", "Named", "Visit", "examine"]
