"""The door that a call comes through: Asterisk asks by AGI, and the domain decides.

`server` takes FastAGI requests, `plain` is one AGI script as Asterisk forks it, `channel` is the call,
`scripts` are what the dialplan may ask for. The dialplan does the talking; a script decides something and is
gone within two seconds, so that a call never waits for us.
"""
