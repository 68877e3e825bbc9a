"""Listens to Asterisk's manager interface (AMI): bytes in, facts out.

`AmiLink` keeps a link up and hands over facts; `record` and `read_facts` make and read recordings.
`translate` is where Asterisk's words become ours. Only this package knows panoramisk.
"""

from ami_listener.connection import AmiLink
from ami_listener.messages import Message, MissingHeader, UnreadableMessage
from ami_listener.protocol import Reply
from ami_listener.recording import read_facts, record
from ami_listener.session import AmiAccount, Session, Timing
from ami_listener.stats import LinkStats
from ami_listener.translate import translate

__all__ = [
    "AmiAccount",
    "AmiLink",
    "LinkStats",
    "Message",
    "MissingHeader",
    "Reply",
    "Session",
    "Timing",
    "UnreadableMessage",
    "read_facts",
    "record",
    "translate",
]
