"""Everyday words: those that are never mended, those that tell the language; and the usual slips."""

from secondring.domain.words.phrases import many

SLANG = {
    "nececito": "necesito", "nesecito": "necesito", "sita": "cita", "kiero": "quiero", "canclear": "cancelar",
    "dnt": "dont", "stoptexting": "unsubscribe", "stoptext": "unsubscribe", "pleasestop": "unsubscribe",
    "plsstop": "unsubscribe", "stopplease": "unsubscribe", "stopit": "unsubscribe", "stopnow": "unsubscribe",
    "stopthis": "unsubscribe", "stopmessaging": "unsubscribe", "breeth": "breathe", "breathee": "breathe",
    "cest": "chest", "chst": "chest", "pai": "pain", "u": "you", "ur": "your", "pian": "pain",
    "cancle": "cancel", "canel": "cancel", "cancell": "cancel",
    "aptmnt": "appt", "apptmnt": "appt", "aptmt": "appt", "reschdule": "reschedule", "stopp": "stop",
    "cnt": "cant", "canot": "cannot", "otp": "opt", "perscription": "prescription", "emergancy": "emergency",
    "unscribe": "unsubscribe", "brething": "breathing", "breathin": "breathing",
}  # fmt: skip
"""Ways of writing that distance alone does not mend."""

MENDED_ANYWHERE = (
    "unsubscribe bleeding breathe breathing suicidal overdose unconscious unresponsive seizure"
    " ambulance emergency urgent"
    " swelling appointment appointments schedule reschedule prescription prescriptions medication"
    " messages texting emergencia respirar ambulancia suicidarme sangrando mensajes equivocado equivocada desuscribir"
)
"""Long words whose misspellings are mended in texts of any length."""

MENDED_TWICE = (
    "unsubscribe unsubscribed equivocado equivocada desuscribir desuscribirme desuscribanme notifications"
    " notificaciones"
)
"""Words so long and so unlike others that two slips in them are mended too."""

MENDED_ALONE = (
    "stop quit cancel urgent chest breath stroke heart blood book billing bill refill help unsubscribe"
    " booking payment urgente cancelar receta factura"
)
"""Short words, mended only in texts of up to three words; the loudest first."""

COMMON = many(
    "about above after again all also always another any are around ask asked back ball bail bark bell"
    " been before being below bend best better big bile bind body bone boo boon boot booth boots boob bow"
    " box boy brain bring brook brooke brother building bull bully busy but cab call called calling came"
    " cancer cancers canal candle car care case cell chancel check child children city class clinic clip"
    " close cold come cook cool cop could crop cup daughter day days did dill does doing done door down"
    " drop each early ear eat eight elbow else even ever every eye eyes face fall falling feel feeling"
    " feet fell felt few fill filled filling find fine finger first flu foot for forms found four friend"
    " from full gave gel get getting gill girl give glad go going gone good got great gut had hair half"
    " hand hands happy hard has have head heal heap hear heard heart heat heel held hell hello helm helmet"
    " helps hemp her here high hill him hip his hold home hook hop hope hospital hour hours house how hurt"
    " husband ill inch into it its jaw job join just keep kelp kept kid kids kill killing kit knee know"
    " lab land last late later left leg less let life like line list little live long look looked looks"
    " lot love lower lunch made make man many may maybe mean mild mile milk mill mine mom month months"
    " more most mother move much must name near neck need never new next nice night nook nose note nothing"
    " now off office often old once one only open other our out over pain paper past patient pharmacy pill"
    " pilling pills place plan please plop pool poop pop post prop put question quick quiet quite quits"
    " quote rash ready really rebill refile result results right roll rook room said same save saw say"
    " school see seen self sell send sent set seven shall shape she shelf ship shoe shop shot should"
    " shoulder show sick side sing sister six skin skip slip slop slow small snap some someone son soon"
    " sore spa spot stab staff star stare stars state stay stem step steps still stir stomach stone stoop"
    " stood store storm strap strip stub stud such suit sun sure surgery swap sweet tall tell ten test"
    " than thank that the their them then there these they thing think this those throat till time tip"
    " today toe told took tooth top tops total town tried trip try turn under unit until use used very via"
    " visit voicemail wait walk wall want was water way week weeks well went were what when where which"
    " while who why wife will willing wish with woman work works would wrist write year years yell yelp"
    " yes yet you young your urgent agent argent chill spill skill drill still grill thrill rebel retell"
    " repel reveal recall refit relief fulfil fulfill quirk quilt guilt built quid quota brick brook crook"
    " shook cancels bookie booked books buck bulk balk beak bock bonk boom milling bathing breathed"
    " bleeding scheduled schedules scheduler message massage massages passages testing resting nesting"
    " taxing tasting sewing smelling dwelling medicated meditation mediation payments paying pavement"
    " stopped stopping stops stoops stomp tired hurts chess chests cheat cheats paid pair said heard"
    " hears hearts earth bread breast broth strike strokes stoke struck broke flood bloody brood"
    " heath weekend toward swap scope shops cops hep sip sap tap"
    " stamp"
) - {"stoop", "hep"}
"""Everyday words that stand one letter from one of ours and are not to be mended into it."""

ENGLISH = many(
    "the a an i im my me you your is are was to of for and or in on at it its this that with can could"
    " would do does dont have has had need want please thanks thank what when where who how hi hello yes"
    " not be been will get got"
)

SPANISH = many(
    "el la los las un una de del que en con por para mi su me se es esta estoy tengo quiero necesito"
    " quisiera puedo puede gracias favor hola buenas buenos y o muy mucho si hay cuando donde como ya mas"
    " manana hoy hijo hija"
)
"""Small words that tell which of the two languages a text is in."""
