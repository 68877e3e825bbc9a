"""A real PBX in a box: Asterisk, SIP phones, load, the catalogue of calls and the recordings of them.

`pbx.py` is the box, `phones.py` what rings it, `scenarios/` every way that a call can go.
"""
