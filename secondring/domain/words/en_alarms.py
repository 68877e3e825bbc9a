"""English: wording that makes a text urgent, and what only sounds like it. Folded, in the phrase"
" language."""

from secondring.domain.words.phrases import many

EMERGENCY = (
    # breath
    ("cant|cannot|cnt|couldnt|unable|hardly|barely|struggling|struggles|struggle|gasping _ breath"
    "|breathe|breathing"
    "|breth|brethe|breathin|air"),
    "can|could not _ breath|breathe",
    ("trouble|difficulty|difficulties|difficult|hard|harder|problem|problems|labored|stopped|stops"
    "|fighting|issues _"
    " breath|breathe|breathing"),
    "not|isnt|aint|quit|wasnt really|even? breathing|breathe",
    "short|shortness|out of breath",
    "breathless|gasping|wheezing|suffocating|choking|choked|choke|chocking",
    "breathing _ fast|shallow|heavy|heavily|weird|funny|bad|badly|labored|noisy|difficult",
    "catch my|his|her|their breath",
    # heart, brain
    "elephant|weight|brick|weights _ chest",
    "hart attack",
    "pain|numbness|tingling|ache _ left|down _ arm|jaw|shoulder",
    "left arm|side _ pain|hurts|hurting|weak|heavy|tingling|aches",
    "face _ working|moving|funny|crooked|lopsided|twisted|weak",
    "arm|arms|leg|legs|side is|feels|are|got|went? weak|limp|paralyzed",
    "talking|speaking|speech|acting is? funny|weird|strange|confused|nonsense|gibberish|garbled",
    "disoriented|delirious|hallucinating|incoherent",
    "very|really|suddenly|so|and|acting|seems|is confused $",
    ("chest _ pain|pains|hurt|hurts|hurting|tight|tightness|tightening|pressure|discomfort|burning"
    "|burns|heavy|heaviness"
    "|ache|aches|aching|squeezing|crushing"),
    ("pain|pains|hurt|hurts|hurting|tight|tightness|pressure|discomfort|burning|heavy|heaviness|ache"
    "|aching|squeezing"
    "|crushing|stabbing _ chest"),
    "heart attack|attacks|racing|pounding|stopped|stopping|failure|failing",
    "heart is|feels _ racing|pounding|fluttering|skipping|stopping",
    "palpitations|stroke|strokes|aneurysm",
    "droop|droopy|drooping|droops|slurred|slurring|slurs",
    "side|arm|arms|face|leg|legs|body _ numb|paralyzed|paralysed|tingling",
    "numb|numbness|paralyzed _ side|arm|face|leg|legs",
    "cant|cannot|couldnt move|feel _ arm|arms|leg|legs|face|hand|hands|side|body|feet",
    "passed|passing|pass|blacked|blacking|knocked out",
    "faint|fainted|fainting|faints|collapsed|collapse|unconscious|unconsious|unresponsive|catatonic",
    "not|isnt|wont|cant|doesnt|wouldnt _ wake|waking|responding|respond|conscious|arousable",
    "seizure|seizures|seizing|convulsing|convulsion|convulsions|seziure|siezure",
    "hit|hits|banged|bumped|cracked|smashed _ head",
    "sudden|suddenly|lost|losing|loss _ vision|sight|eyesight|speech|consciousness",
    "vision|sight loss|gone",
    "sudden _ weakness|numbness|confusion|headache",
    "cant|cannot|couldnt talk|speak|swallow|walk|stand right|straight|properly|all|anymore|tongue|food|water|up",
    "cant|cannot swallow",
    "all of a sudden",
    "jaw _ arm",
    "arm _ jaw|sweating",
    # blood
    "nosebleed|nosebleeds|artery|arterial",
    "bleed|bleeding|bleeds|bled|hemorrhage|hemorrhaging|hemorrage|bleading",
    "vomiting|vomit|throwing|threw|throw|coughing|cough|spitting|puking|peeing|pooping|passing _ blood",
    "lot|lots|losing|lost|much of? blood",
    "blood everywhere",
    "blood in|on my|the|his|her|their? stool|stools|urine|pee|poop|vomit|toilet",
    "soak|soaking|soaked|soaks _ pad|pads|bandage|bandages|towel|gauze",
    "gush|gushing|spurting|squirting",
    ("stitches|wound|incision|cut|sutures is|are|has|have|just? opened|open|split|burst|reopened"
    "|popped|gaping"),
    # poison, pills, harm to oneself
    "overdose|overdosed|overdosing|od|odd|oded|poison|poisoned|poisoning",
    "too many|much pills|pill|meds|medication|medicine|tablets|tylenol|insulin|oxy|fentanyl",
    "took|taken|swallowed|ate|drank _ whole|entire|bottle|bleach|poison|antifreeze|detergent",
    "swallowed|drank a|some? battery|magnet|bleach|coin|chemical|chemicals|cleaner|gasoline",
    ("kid|toddler|baby|child|son|daughter|grandson|granddaughter|she|he ate|swallowed|drank _ pill"
    "|pills|meds|medicine"
    "|battery|magnet|soap|cleaner|pod|coin|gummies|poison|bleach"),
    ("took|take|taken|taking|ate|swallowed _ all|bunch of? my|his|her|the|their pills|meds|pill"
    "|medicine|medication"),
    ("took|taken|swallowed|ate|drank _ tylenol|advil|ibuprofen|aspirin|benadryl|xanax|ambien|oxycodone|fentanyl|cleaner"
    "|cleaning|pills"),
    "not|dont _ safe _ myself|self|me|alone",
    "end things|myself|everything",
    "suicide|suicidal|sucidal|suicidle|suiside|unalive|kms|selfharm",
    "self harm|harming",
    ("kill|killing|hurt|hurting|harm|harming|cut|cutting|shoot|hang myself|himself|herself|themselves"
    "|themself|themselfs"),
    "kill|killing my self",
    "want|wanna|wants|wanting|wish|going|gonna|about|ready to? die|dead|disappear",
    "i|im|am|is|hes|shes|are|feel|feels like? dying",
    "wish i _ dead|die",
    "end|ending|take|taking my|his|her|their own? life",
    "end|ending it all",
    "want|wants|wanna|going|gonna|like|think|thinking|about|ready|of to? end|ending it|things|everything",
    "dont|not|no|longer|cant want|wanna _ live|alive|wake",
    "dont|not want|wanna _ be here anymore",
    "no reason _ live",
    "better off dead|without",
    "want|wanna|wish _ all|everything|it to end|stop",
    "cant|cannot do|take|live this|it|like anymore|this",
    "nobody|noone|one would|will|wouldnt? miss|care|notice",
    "have|got|has|with|grabbed a|my|his|the gun",
    "going|gonna|about|want to? jump",
    "cant go on anymore|$",
    # allergy
    "allergic reaction|reactions|shock",
    "anaphylaxis|anaphylactic|anaphalaxis|epipen",
    "epi pen",
    "throat|airway _ closing|closed|close|closes|swelling|swollen|swelled|tight|tightening",
    "tongue|lips|lip|face|eyes _ puffing|huge|swelling|swollen|swelled|swells|swell|puffy|blue|purple",
    "hives all|everywhere|spreading",
    "swelling|swollen|puffy _ tongue|lips|lip|face|throat",
    "skin|fingers|nails|baby turning|turned|is blue",
    # pain
    ("severe|unbearable|excruciating|extreme|intense|worst|horrible|agonizing|stabbing|terrible"
    "|horrific|worse|insane _"
    " pain|pains|headache|migraine|cramps|ache"),
    "pain _ severe|unbearable|excruciating|extreme|intense|horrible|agonizing|terrible",
    "so|too|lot|lots much|of pain",
    "really|very|so bad pain|pains",
    "in agony",
    "pain _ 10|9|ten out|10|of",
    "10|9|ten 10|out _ pain",
    "think|thinks|pretty|im|looks|looks _ broken|broke|fractured|dislocated",
    "cant|cannot take|stand|bear _ pain",
    # calling for help
    "911|ambulance|ambulances|paramedic|paramedics|sos|mayday",
    "go|going|heading|headed|rush|rushing|rushed|taking|take _ er|ed|emergency",
    "call|calling|called nine one",
    "life threatening|or",
    # births and babies
    "water|waters just|has? broke|broken|breaking",
    "in|into|having labor|labour|contractions",
    "contractions|miscarriage|miscarrying|preeclampsia",
    ("baby|he|she|infant isnt|not|stopped|hasnt|wont|doesnt _ moving|moved|move|kicking|breathing"
    "|responding"),
    "baby is|has|was not|stopped _ moving|moved|kicking|breathing",
    "fever|temp|temperature _ 103|104|105|106|107|40|41",
    "103|104|105|106 _ fever|temp|temperature",
    "month|months|week|weeks|day|days old _ fever|temp|temperature",
    "fever|temp|temperature _ month|months|week|weeks|day old",
    ("newborn|infant|baby wont|not|isnt|hasnt|doesnt|is _ eat|eating|feed|feeding|nurse|nursing|drink"
    "|drinking|peed|wet"
    "|limp|floppy"),
    "keep|keeping|kept|hold anything|food|fluids|water|liquids|nothing|it down",
    "cant|cannot see _ of|from _ eye|eyes",
    "cant|cannot see anything",
    "went|going|gone|suddenly|almost blind",
    "having|had|has|have a fit",
    "foam|foaming|foams",
    "baby|newborn|infant|he|she|kid is? limp|floppy|lifeless|blue",
    "no pee|urine",
    "newborn|infant _ fever|limp|lethargic",
    "fever|limp|lethargic _ newborn|infant",
    # sugar
    "sugar|glucose|sugars _ " + "|".join(str(n) for n in range(300, 1000)),
    "sugar|glucose _ hi|high",
    "pressure|bp _ " + "|".join(str(n) for n in range(180, 300)),
    "sugar|glucose _ low|dropping|crashing",
    "diabetic coma|shock|emergency|ketoacidosis",
)  # fmt: skip

SYMPTOMS = many(
    "sweating chills pus leaking draining jaw faint shaking confused puffing fainting "
    "pain pains hurt hurts hurting aching blood dizzy dizziness lightheaded fever vomiting puking"
    " nausea swelling swollen"
    " hives numb numbness weak weakness breathing breathe breath wheezing chest heart pulse headache"
    " vision abdomen"
    " stomach belly throat tongue lips wound infected incision fell injured injury broken pregnant"
    " rash burn burned"
    " sting stung bitten cramps reaction"
)
SEVERE = many(
    "severe severely bad badly worse worst extremely terrible horrible awful sudden suddenly cant"
    " cannot wont unable"
    " everywhere spreading intense unbearable scared worried afraid"
)
"""A symptom and one of these, and no other wish: a nurse should look."""

ALARMING = many(
    "chest heart blood numb numbness weak weakness swelling swollen puffing breathing breath wheezing dizzy dizziness"
    " lightheaded vision pregnant confused sweating pus incision jaw faint vomiting chills wound"
)
"""Symptoms that together with any other are as good as one said to be bad."""

URGENT = (
    "urgent|urgently|urgency|emergency|emergencies|emergent",
    "nurse|doctor|medic|dr asap|now|stat|immediately|urgently",
    "nurse|doctor right now|away",
    (
        "need|needs|want|wants|get _ nurse|doctor|dr|doc|someone|somebody|help|medic _ now|asap"
        "|immediately|stat|urgently"
    ),
    "need|needs|want|wants _ nurse|doctor|dr|doc|someone|somebody|help|medic _ right now|away",
    "need|needs|must|gotta|have _ be? seen _ now|immediately|stat|asap",
    "need|needs|must|gotta|have _ be? seen _ right now|away",
    "help now|asap|immediately|quick|fast|hurry",
    "asap nurse|doctor",
    "cant wait _ nurse|doctor",
    # Without insulin a diabetic can be in danger within hours; `running low` and `a refill` are not that.
    "out|outta of? all? my|our|his|her|the? insulin",
    "no|without|zero any|more? insulin",
    "dont|havent|doesnt|hasnt|not|aint have|got|any|get|find|afford any|more|my|his|her? insulin",
    "insulin is|has|all|just|ran|run|its? all? out|gone|empty|finished|expired|spoiled",
)

NOT_URGENT = (
    (
        "not|isnt|aint|wasnt|nothing|non|no|never|none|arent really|super|very|that|too|an|a|so|terribly"
        "|life|your|any|big|real|major|huge?"
        " urgent|urgently|urgency|emergency|emergencies|emergent"
    ),
    "nothing|less|is|was not? very? urgent care",
    "urgent care|cares",
    "emergency contact|contacts|room|dept|department|visit|bill|form",
    "poison ivy|oak|sumac",
    "dying to|for",
    "no rush|hurry",
    "heart failure clinic|doctor|appointment",
    "dont breathe a word",
    "another|new|other|different doctor now",
    "only|is|are|just for emergencies|emergency",
)
"""Where those words are no alarm. Emergency wording elsewhere in the text still is."""
