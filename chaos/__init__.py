"""Breaks everything at random, from a seed, while real calls come in, and then holds the ledger against the phones.

`scripts/chaos --help` runs it; docs/chaos.md tells what it does and how to read it.
"""
