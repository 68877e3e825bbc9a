"""The pages that staff work with: served by us, complete without JavaScript, live with it.

How a page is made:

1. A function `async def show(visit: Visit) -> Response` in a module of its own. `visit.read(...)` and
   `visit.write(...)` run a function on the books; `visit.render("name.html", ...)` draws a template that extends
   `base.html`.
2. A row in that module's `SCREENS`: method, path, function, and which roles may. A route that is in no table does not
   exist, and one without roles is open to nobody. `routes.py` puts the tables together.
3. Rows of a site that is not the visitor's are as good as not there: `visit.require_site(site)`.
4. Whoever is shown or changes patients' data is written down: `await visit.seen(...)`, or `books.add_audit(visit.entry(
   ...))` in the transaction of the change.
5. What is to follow changes has `data-live="work"` and `data-src="/where/it/comes/from"`; that address gives the inner
   piece alone (`visit.render` on a template without `base.html`).
"""
