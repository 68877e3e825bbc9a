"""The PBX's own records of its calls: CDR, CEL and queue_log, from files or a database.

A record is read as rows (`files`, `sql`), rows that belong together are gathered into stories (`gathering`), and
a story is told as facts (`cel`, `cdr`, `queue_log`) to the very machine that judges live calls (`judging`).
Nothing here knows the manager interface, and only `sql` knows a database.
"""
