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
        "quit it", "quit this", "end this", "end it", "no stop", "no more stop", "i said stop", "stop already",
        "stop everything", "make it stop", "stop to opt out", "stop to end", "stop to quit",
    ),
    "cancel": ("cancel it", "cancel this", "cancel that", "cancel now", "cancel all", "no cancel", "no end"),
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
    "text|message|txt|msg me|us instead|only|please|back|first|$",
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

WANTS: dict[str, tuple[str, ...]] = {
    "book": (
        ("book|schedule|make|set|arrange|scheduling|booking|request up? a|an|another|some|my|our? _"
        " appointment|appt|appts"
        "|apt|appointments|visit|checkup|physical|exam|cleaning|consult|consultation|x|mri|screening"
        "|follow"),
        ("need|want|wanna|like|get|have|having|looking|look|wanted|needing|trying|for|seeking an|a"
        "|some|any|another|new"
        "|available _ appointment|appt|appts|apt|appointments"),
        "to|can|could|i|we|lets|let|how|want|wanna|please|us|online book|schedule",
        "book|schedule it|me|us|online|for|in|with|something|a|an",
        ("any|some|have|next|first|earliest|got|soonest|you|an|open more? openings|opening"
        "|availability|availabilities"
        "|slots|slot|spots"),
        "openings|opening|availability|slots|spots today|tomorrow|this|next|on|available|for",
        "is|are|you there? anything|something|spots|times open|available",
        "next|first|earliest|soonest available|opening|i|visit",
        ("can|could|may i|we|he|she|you come|get|be|fit|squeeze me|us|him|her|in|seen? in|seen|me"
        " today|tomorrow|on|this"
        "|next|soon|now|$|for"),
        "can|could|may i|we|he|she see the|a|my|dr|doctor|someone",
        "can|could|may i|we come in|by|see",
        "get|fit|squeeze|work me|him|her|us in",
        ("need|want|like|wants|needs|wanna|hoping|looking|trying|love _ see|come|seen|in the|a|dr"
        "|doctor|in|this|today|by|my"
        "|tomorrow|someone|soon|next|asap"),
        "see|seeing|come the|a|my|dr|doctor|see sometime|this|next|today|tomorrow|soon|asap",
        "new patient _ get|appointment|appt|looking|would|wanting|come|see",
        "need|want|like|due|wanna _ checkup|physical|cleaning|exam|screening|annual|vaccine",
        "cancellation|cancelation list",
        "on|join _ cancellation|cancelation|waiting|wait|waitlist",
        "get|need on _ schedule",
    ),
    "reschedule": (
        "reschedule|rescheduling|rescheduled|resched|reschedual|rebook|postpone|postponing|rescedule",
        "re schedule|book",
        ("move|moving|change|changing|switch|switching|push|pushing|bump|delay|swap|shift _"
        " appointment|appt|apt|visit|appts"),
        ("move|change|switch|push|bump|delay|swap|shift my|our|the|it|to|this|that|his|her _ time"
        "|date|day|slot|later"
        "|earlier|another|back|monday|tuesday|wednesday|thursday|friday|next"),
        "different|another|later|earlier|other|new|better appointment|appt? time|day|date|slot",
        "different appointment|appt",
        "cant|wont|cannot|not|unable|couldnt|didnt _ make|keep|come|attend _ appointment|appt|apt|visit",
        "missed my|our|the appointment|appt _ need|new|another|want",
        "can|could we|i|you do _ instead",
    ),
    "billing": (
        ("bill|bills|billing|billed|invoice|invoices|copay|copays|charged|overcharged|charges|payment"
        "|payments|refund"
        "|refunds|owe|owed|itemized|deductible|collections"),
        "a|the|this|weird|wrong|double|extra|my|what charge|fee|balance",
        "charge on|for|from",
        "pay|paid|paying my|the|this|for|it|online|over|off|a|by|already",
        "already paid",
        "my|the|a|account|billing|current statement|receipt|balance",
        "cancellation|cancelation|late|show|noshow fee|fees|charge",
        "insurance _ claim|denied|deny|denial|paid|pay|cover|covered|charged",
        "claim _ denied|denial",
        "how much _ owe|copay|pay|bill",
    ),
    "refill": (
        "refill|refills|refilled|refilling|reffil|rx|prescription|prescriptions|scrip|scripts",
        "re fill|filled|fills",
        "my|a|the|new script",
        "renew|renewal",
        ("out|low|almost|last of? on? my|our|his|her|the _ meds|med|medication|medications|medicine"
        "|pills|pill|insulin"
        "|inhaler|tablets|drops|cream"),
        ("out|low of|on meds|medication|medicine|pills|insulin|tablets|metformin|lisinopril"
        "|atorvastatin|levothyroxine"
        "|amlodipine|losartan|gabapentin|albuterol|sertraline|adderall|prednisone|omeprazole"),
        "ran|run|running|runs out|low of|on",
        "no|any more|left _ pills|meds|medication|medicine|insulin|tablets|pill",
        ("need|want|get|more|needs|send more|my|his|her|some meds|medication|medications|medicine"
        "|pills|insulin|inhaler"
        "|tablets"),
    ),
    "start": (
        "start|resume|begin texting|messaging|sending|texts|messages",
        "start _ texting me again",
        "text|message me again",
        "opt me|us? back? in",
        "resubscribe|unstop",
    ),
    "call-me": (
        "call|phone|ring me|us|my|back",
        "call|phone instead",
        "have _ call",
        "please|pls|just call",
        "callback",
    ),
}  # fmt: skip

WEAK: dict[str, tuple[str, ...]] = {
    "book": ("appointment|appointments|appt|appts|apt|openings", "checkup|physical _ please"),
    "reschedule": ("cant|cannot|wont make it", "not going to make it"),
    "refill": ("medication|medications|meds",),
}
"""Count only when nothing clearer is said."""

EXISTING = (
    (
        "my|our|your|his|her|the|this|that|last|todays|tomorrows|upcoming|am|pm|30|00|15|45 next|own?"
        " appointment|appointments"
        "|appt|appts|apt"
    ),
    (
        "confirm|late|about|time|confirming|confirmed|when|where|directions|before|missed|cancelled"
        "|canceled _ appointment"
        "|appt|apt"
    ),
    "told|doctor|said|stop|stopped|off|taking|on my|the? meds|medication|medications",
)
"""Where a weak or strong word speaks of what is already there and asks for nothing."""

NOT_MEANT = ("is|im|name bill|billy", "in charge", "book|books club|store|bag")
"""Words of ours that mean something else here."""

NEGATED_FAR = ("dont|didnt|doesnt|not|never need|want|wanna|require", "no need")
"""What takes back the wish that follows within a few words."""

NEGATED_NEAR = ("not|isnt|wasnt about|for|a|an|the|calling", "no", "not")
"""What takes back the very next word."""
