"""The door to the mail server: the weekly digest in words, and how it is handed over."""
