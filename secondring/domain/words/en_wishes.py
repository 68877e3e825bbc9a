"""English: what patients want done, in the phrase language, folded."""

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
        "text|message me again $|please|pls|thanks|thank",
        "opt me|us? back? in",
        "resubscribe|unstop",
    ),
    "call-me": (
        "call|phone|ring me|us|my|back",
        "call|phone instead",
        "have _ call",
        "please|pls|just call",
        "callback",
        # a way out of something else: the opt-out is heard all the same, and a person reads what else it may mean
        "revoke|revoking _ access|records|chart|sharing|portal",
        "opt|opting out of? _ access|records|sharing|shot|shots|vaccine|study|trial|program|surgery|test|plan",
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
