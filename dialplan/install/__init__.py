"""Puts our pieces into an Asterisk's configuration, and takes them out again without a trace.

`find_site` looks at the machine, `install_plan` and `uninstall_plan` say what is to change (nothing is written
while they think), `unified_diff` shows it, `carry_out` does it.
"""

from dialplan.install.carry import carry_out
from dialplan.install.plan import Change, OwnFile, Pieces, Plan, install_plan, installed_files, uninstall_plan
from dialplan.install.show import unified_diff
from dialplan.install.site import Flavour, PbxSite, find_site

__all__ = [
    "Change",
    "Flavour",
    "OwnFile",
    "PbxSite",
    "Pieces",
    "Plan",
    "carry_out",
    "find_site",
    "install_plan",
    "installed_files",
    "unified_diff",
    "uninstall_plan",
]
