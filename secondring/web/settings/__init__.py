"""The pages on which an administrator sets the clinic up. Managers may read them.

An `Area` is a form: which keys it sets, how it is filled from how things are set now, how it is read back. The same
areas make the first-run wizard. What is typed goes through the same checks as the files; nothing is kept unless all
of it would do.
"""
