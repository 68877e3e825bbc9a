"""The manager's pages: the figures, the rows behind each, a page to print, files for a spreadsheet.

`figures_page` puts a board into words, `charts` draws it, `rows_page` lists what a number counts, `export` streams.
"""

from secondring.web.dashboard.export import export
from secondring.web.dashboard.figures_page import show, show_to_print
from secondring.web.dashboard.rows_page import show_rows
from secondring.web.menu import FIGURES
from secondring.web.screens import page

SCREENS = (
    page("/dashboard", show, FIGURES),
    page("/dashboard/week", show_to_print, FIGURES),
    page("/dashboard/rows", show_rows, FIGURES),
    page("/dashboard/export.csv", export, FIGURES),
)
