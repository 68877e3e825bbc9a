"""What the callers and the clinic's phones say, as sipp wants it told: one XML script each, made of the same pieces.

Callers write down each step with its time, so that afterwards nobody has to guess what they saw.
"""

from chaos.endings import Ending

_INVITE = """
  <nop><action><log message="[field0] placed [timestamp]"/></action></nop>
  <send retrans="500"><![CDATA[
    INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]C[call_number]
    To: <sip:[service]@[remote_ip]:[remote_port]>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: <sip:[field0]@[local_ip]:[local_port]>
    Max-Forwards: 70
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=caller 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0
    a=rtpmap:0 PCMU/8000
  ]]></send>
  <recv response="100" optional="true"/>
"""
_RINGS = (
    '  <recv response="180"{optional}><action><log message="[field0] ringing [timestamp]"/></action></recv>\n'
)
_PROGRESS = '  <recv response="183" optional="true"/>\n'
_PAUSE = '  <pause milliseconds="{ms}"/>\n'
_ANSWERED = """
  <recv response="200" rrs="true"><action><log message="[field0] answered [timestamp]"/></action></recv>
  <send><![CDATA[
    ACK [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    CSeq: 1 ACK
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
"""
_BYE = """
  <send retrans="500"><![CDATA[
    BYE [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    CSeq: 2 BYE
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <recv response="200"><action><log message="[field0] over [timestamp]"/></action></recv>
"""
_CANCEL = """
  <send retrans="500"><![CDATA[
    CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch-4]
    From: <sip:[field0]@[local_ip]:[local_port]>;tag=[pid]C[call_number]
    To: <sip:[service]@[remote_ip]:[remote_port]>
    Call-ID: [call_id]
    CSeq: 1 CANCEL
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
  <recv response="200"/>
"""
_REFUSED = """
  <recv response="{status}"><action><log message="[field0] over [timestamp]"/></action></recv>
  <send><![CDATA[
    ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    CSeq: 1 ACK
    Max-Forwards: 70
    Content-Length: 0

  ]]></send>
"""
_CALLED = '  <recv request="INVITE"><action>{keep}</action></recv>\n'
_KEEP = """<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
    <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="seq"/>"""
_NOTHING = (
    '<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/><log message="called from[$via]"/>'
)
_SAY = """
  <send{retrans}><![CDATA[
    SIP/2.0 {status}
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]D[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:desk@[local_ip]:[local_port]>
    Content-Length: 0

  ]]></send>
"""
_SAY_YES = """
  <send retrans="500"><![CDATA[
    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]D[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:desk@[local_ip]:[local_port]>
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=desk 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0
    a=rtpmap:0 PCMU/8000
  ]]></send>
  <recv request="ACK"/>
  <recv request="BYE"/>
"""
_SAY_BYE = """
  <send><![CDATA[
    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:desk@[local_ip]:[local_port]>
    Content-Length: 0

  ]]></send>
"""
_SAY_CANCELLED = """
  <send retrans="500"><![CDATA[
    SIP/2.0 487 Request Terminated
    Via:[$via]
    [last_From:]
    [last_To:];tag=[pid]D[call_number]
    [last_Call-ID:]
    CSeq:[$seq]
    Contact: <sip:desk@[local_ip]:[local_port]>
    Content-Length: 0

  ]]></send>
  <recv request="ACK"/>
"""
_ACK = '  <recv request="ACK"/>\n'

DESKS = {
    "rings": _CALLED.format(keep=_KEEP)
    + _SAY.format(retrans="", status="180 Ringing")
    + '  <recv request="CANCEL"/>\n'
    + _SAY.format(retrans="", status="200 OK")
    + _SAY_CANCELLED,
    "busy": _CALLED.format(keep=_NOTHING)
    + _SAY.format(retrans=' retrans="500"', status="486 Busy Here")
    + _ACK,
    "answers": _CALLED.format(keep=_NOTHING)
    + _SAY.format(retrans="", status="180 Ringing")
    + _PAUSE.format(ms=200)
    + _SAY_YES
    + _SAY_BYE,
}
"""What each of the clinic's phones does with whoever calls."""


def desk(name: str) -> str:
    """The script of one of the clinic's phones."""
    return _script(name, DESKS[name])


def caller(ending: Ending) -> str:
    """The script of whoever calls and ends in that way."""
    maybe, surely = ' optional="true"', ""
    pause = _PAUSE.format(ms=round(1000 * ending.seconds))
    begin = {
        "rings-out": _RINGS.format(optional=maybe) + _REFUSED.format(status=480),
        "busy": _RINGS.format(optional=maybe) + _REFUSED.format(status=486),
        "gives-up": _RINGS.format(optional=surely) + pause + _CANCEL + _REFUSED.format(status=487),
    }
    steps = begin.get(ending.name)
    if steps is None:
        steps = _RINGS.format(optional=maybe) + _PROGRESS + _ANSWERED + pause + _BYE
    return _script(ending.name, _INVITE + steps)


def _script(name: str, steps: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">{steps}</scenario>\n'
