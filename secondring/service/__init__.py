"""The services, by what they do: `listen`, `agi`, `gateway` and `web`. `run` is all of them in one process.

`frame` is what every one of them stands in. Each of the four modules builds the parts of its service from it, and tells
what it has to offer to the others when they are in the same process.
"""
