"""English: what patients say, folded (no case, no apostrophes). The phrase language is in `phrases`."""

from secondring.domain.words.phrases import many

KEYWORDS: dict[str, str] = {
    "book": "book booking bookings schedule scheduling appointment appointments appt appts apt checkup availability"
    " openings",
    "reschedule": "reschedule rescheduling resched reschedual postpone rebook",
    "billing": "billing bill bills invoice payment payments pay copay charge charges refund balance statement",
    "refill": "refill refills reffil rx prescription prescriptions script med meds medication medications medicine",
    "urgent": "urgent urgently urgency emergency",
    "help": "help info information menu options",
    "stop": "stop stopall unsubscribe unsub quit revoke optout remove arret td end-texts spam block blocked enough"
    " discontinue unenroll stops off",
    "cancel": "cancel end",
    "start": "start unstop subscribe resubscribe optin resume unpause",
}
"""Words that are a whole message by themselves, by intent."""

WHOLE: dict[str, tuple[str, ...]] = {
    "book": ("make appointment", "new appointment", "book appointment online"),
    "reschedule": ("re schedule", "change time", "change date", "change day", "new time", "different time"),
    "refill": ("re fill", "re fills"),
    "help": (
        "i need help", "need help", "need some help", "help me", "can you help", "can you help me", "what is this",
        "more info",
    ),
    "stop": (
        "stop all", "opt out", "un subscribe", "remove me", "no more", "stop it", "stop this", "stop now", "stop that",
        "quit it", "quit this", "end this", "end it", "no stop", "no more stop", "i said stop", "stop already", "hush",
        "stop everything", "make it stop", "stop to opt out", "stop to end", "stop to quit",
    ),
    "cancel": (
        "cancel me", "cancel it", "cancel this", "cancel that", "cancel now", "cancel all", "no cancel", "no end",
    ),
    "start": ("opt in", "start again", "un stop"),
}  # fmt: skip
"""The same, of more than one word."""

CLAUSE_STOPS = (
    "stop", "stopall", "stop all", "unsubscribe", "unsub", "optout", "opt out", "remove me", "no more", "stop it",
    "stop this", "stop now", "stop that", "quit", "quit it", "revoke",
)  # fmt: skip
"""Opt out even when they are only one clause of a longer message."""

POLITE = many(
    "please pls plz plss thanks thank you thx ty tysm hi hello hey dear morning afternoon evening ok"
    " okay k sir maam yes yeah yep ya reply text txt press option choice number just kindly oh well so lol"
)
"""Said around the word that counts."""

TEXT = (
    "text|texts|texting|texted|txt|txts|txting|txtn|message|messages|messaging|msg|msgs|msging|sms"
    "|notification"
    "|notifications|alerts|reminders"
)
_CONTACT = (
    "text|texting|txt|txting|txtn|message|messaging|msg|msging|sms|contact|contacting|send|sending"
    "|bother|bothering"
    "|harass|harassing|spam|spamming|annoy|annoying|pester|pestering|bugging|reach|reaching|blowing|hitting"
)

OPT_OUT = (
    f"stop|quit|cease|halt|avoid trying|being|to? {_CONTACT}",
    "stop|quit|cease _ texting|txting|messaging|contacting|sending|bothering|harassing",
    f"stop|quit|cease with? all|the|these|those|this|your|ur|my|any|more? {TEXT}",
    "stop|quit these|those|them",
    "you|u|ya|yall|guys|people|just|please _ to? stop $",
    "^ i want|need|like to stop $",
    f"dont|never|donot ever|even|you|u|be? {_CONTACT}",
    f"rather|prefer not get|getting|receive|receiving? {TEXT}",
    "stop|cease|end|no all|any|more? communication|communications|contact|correspondence|outreach",
    f"dont do|read|get|use {TEXT}",
    "have|got the? wrong $",
    f"make _ {TEXT} stop",
    f"do|please|pls not ever|be? {_CONTACT}",
    f"^ no|not {TEXT} $|me|to|ever",
    f"no|not more? {TEXT} please|pls|thanks|$",
    f"no more _ {TEXT}",
    (
        f"dont|not|never|no want|wanna|wish|need|like|accept|consent|care|agree|authorize|authorise"
        f"|appreciate _ {TEXT}"
    ),
    "no longer want|wish|need _ receive|get|receiving|texts|messages",
    "dont|not want|wish to? receive|get|hear",
    (
        f"cancel|end|terminate|discontinue|disable all? my|the|these|those|this|your|ur? {TEXT}"
        f"|subscription|subscribe"
    ),
    f"turn|shut off _ {TEXT}",
    "unsubscribe|unsubscribed|unsub|optout|stopall|unenroll|unregister",
    "un subscribe",
    "opt|opting|opted me|us? out",
    "revoke|revoking|revoked",
    "withdraw|withdrawing my? consent|permission",
    "did|do|dont|didnt|never not? give|gave|given _ permission|consent",
    "dont|not|never start|begin|resume _ texting|messaging|sending|texts|messages|contacting",
    "never|didnt signed|sign up",
    "did not sign up",
    "remove|delete|erase|drop|scratch|removing me|us",
    "remove|delete|erase|drop|lose|forget|scratch my|this|the|our? number|nmber|phone|cell|contact|info $",
    "remove|delete|erase|drop|lose|forget|scratch my|this|our|his|her|their|that number|phone|cell",
    "removed from _ list|system|database|texts|messages",
    "take|get|keep me|us|my|this|number _ off",
    "off this|the|your|ur|of list",
    "leave me|us|my alone|tf",
    "lose my number",
    "go away",
    "fuck|piss|buzz|bug|eff|f off|you|u",
    "screw you|u",
    "get lost",
    "shut up",
    "go to hell",
    "not|no|never interested|intrested",
    "wrong number|nmber|num|person|phone|guy",
    "is? this|it|thats|its is|just? spam|scam|harassment",
    "report|reporting|reported _ spam|fcc|you",
    "block|blocking|blocked|blockin this|your|ur|the|you|u number|$",
    "enough already|$",
    f"enough of|with this|these|those|the|your? {TEXT}",
    "no more of these|this|those|them",
    "scrub|purge|wipe|unlist my|this|our number|phone|info",
    "get|be|getting off this|these",
    "make|makes|making this|it|these|them stop",
    "text|message|contact|txt|bother me|us|this _ sue|lawyer|attorney|police|block",
    "ill|will|gonna|going|to sue|suing",
    "tcpa|lawsuit",
    "do|dnc not? call|contact list|registry",
    "bad|wrong number $",
    "someone|somebody elses number|phone",
    "not the|that|this? person|one you|u|your",
    "got|had this phone|number|line _ ago|last|year|month|week|new",
    "knock|cut|stop it off|out",
    "cease and desist",
)
"""What a reasonable person reads as: no more texts."""

STOP_CALLING = (
    "stop|quit|cease calling|phoning|ringing",
    "dont|never ever? call|phone|ring",
    "do not ever? call|phone|ring",
    "no more calls",
)
"""The same about calls; an opt-out too, unless the writer asks for texts instead."""

TEXTS_WANTED = (
    "text|message|txt|msg me|us instead|only|please|back|first|here|now|later|anytime|when|at|tomorrow|today|$",
    "^ text|txt|message|msg me",
    "call|calling|talk text|txt|message me|us",
    "text|texts|texting|txt|message|messages is|are|works|ok|okay fine|good|ok|okay|better|best|easier",
    "prefer text|texts|texting|messages",
    "just text|txt|message me",
)

NOT_OPT_OUT = (
    "is|was this|it|that a|some|like? spam|scam",
    (
        "take|get|keep me|us|him|her off the|my|a? work|school|wait|waiting|waitlist|schedule|calendar"
        "|meds|insulin"
    ),
)
"""A question, although it holds the words of an opt-out."""

QUESTIONS = (
    "when|where|how do|does|did|can|could|is|are|will|would|should|much|many|long|late|early|soon",
    "what time|times|day|days|hours|are|were|is your|the|my|are|is|do",
    "what time|times|day|days|hours do|are|is",
    "do|are|is you|they|u|there open|closed|take|have|accept|anybody|anyone|someone|somebody",
)
"""Something asked for beside an opt-out: a person answers, since no text may."""

NOT_STOP = (
    "stop by|bye|in|over|at|off|up|into|near|my|his|her|the|our|working|bleeding",
    (
        "stop calling|phoning|ringing|taking|using|eating|drinking|smoking|vaping|coughing|crying"
        "|breastfeeding|nursing|wearing|doing|feeding"
    ),
    "to|i|we|he|she|it|they|should|must|before|after|when|until|and stop",
    (
        "cant|cannot|wont|dont|doesnt|didnt|not|never|non|wouldnt|couldnt|bus|train|pit|first|last|next"
        "|one|truck stop"
    ),
)
"""Where `stop` speaks of something else; only the rule for a bare `stop` heeds these."""

CANCEL_WORDS = "cancel cancels canceling cancelling cancelled canceled cancellation cancelation"
VISIT_WORDS = (
    "appointment appointments appt appts apt visit today tomorrow tmrw tmw tomorow tonight morning"
    " afternoon monday"
    " tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun week"
    " am pm make it time"
    " slot checkup physical surgery procedure session consult sick doctor dr"
)
