"""Refusals by how they are built, not by how they are worded: a `no` or a `stop` with a text in its reach, a number
that is somebody else's, a consent that was never given. They catch what no list of phrases foresees.

Two kinds: those that stand anywhere (`ANYWHERE`), and those that count only inside one clause, since `no, text me`
refuses nothing (`IN_A_CLAUSE`). The phrase language is in `phrases`; all words are folded.
"""

from secondring.domain.words.en import TEXT
from secondring.domain.words.es import TEXT as TEXTO
from secondring.domain.words.es_verbs import commands, commands_to_me, doing

_NO = "no|not|dont|donot|never|without|nothing|aint|nor"
_SUCH = "more|mor|further|personal|automated|marketing|other|future|additional|such|stupid|damn|of"
_WHICH = "with|all|any|the|these|those|this|your|ur|my|more|further|future|sending|getting|of"
_CEASE = (
    "stop|quit|cease|halt|desist|end|suspend|discontinue|deactivate|disable|kill|mute|silence|refuse|reject"
    "|decline|declining|refusing|rejecting"
)
_DROP = "remove|delete|erase|drop|strike|scratch|cross|pull|wipe|purge|scrub|clear|forget|lose|exclude|unlist"
_DATA = "number|numbers|nmber|name|info|information|details|data|digits|contact"
_CONSENT = "consent|permission|permissions|authorization|authorisation|approval|ok|okay"
_WRITE = (
    "mandar", "enviar", "escribir", "textear", "mensajear", "molestar", "contactar", "fastidiar", "acosar", "insistir",
    "fregar:frieg", "chingar", "joder", "buscar", "comunicar",
)  # fmt: skip
_WRITES, _WRITING = commands(*_WRITE), doing(*_WRITE)
_DROPS = commands("quitar", "borrar", "eliminar", "sacar", "retirar", "remover:remuev", "olvidar")
_DROP_ME = commands_to_me(
    "quitar", "borrar", "eliminar", "sacar", "retirar", "remover:remuev", "soltar:suelt"
)
_HOURS = "|".join(f"{hour}{half}" for hour in range(1, 13) for half in ("", "am", "pm"))

_NAMES = (
    "james|robert|john|michael|david|william|richard|joseph|thomas|charles|christopher|daniel|matthew|anthony"
    "|donald|steven|paul|andrew|joshua|kenneth|kevin|brian|george|edward|ronald|timothy|jason|jeffrey|ryan|jacob"
    "|gary|nicholas|eric|jonathan|stephen|larry|justin|scott|brandon|benjamin|samuel|gregory|alexander|raymond"
    "|patrick|jerry|mary|patricia|jennifer|linda|elizabeth|barbara|susan|jessica|sarah|karen|lisa|nancy|betty"
    "|sandra|margaret|ashley|kimberly|emily|donna|michelle|carol|amanda|melissa|deborah|stephanie|rebecca|sharon"
    "|laura|cynthia|kathleen|angela|shirley|anna|brenda|pamela|emma|nicole|helen|samantha|katherine|christine"
    "|debra|rachel|carolyn|janet|maria|jose|juan|luis|carlos|miguel|pedro|francisco|antonio|manuel|jorge|roberto"
    "|ricardo|fernando|rafael|alejandro|guadalupe|carmen|rosa|juana|teresa|gloria|silvia|veronica|martha|yolanda"
    "|lucia|elena"
)
"""The commonest given names in the US (SSA's lists of the last hundred years): `not James` tells of a wrong number."""

ANYWHERE = (
    f"^ not|isnt {_NAMES} $",
    f"this|im|its|it is? not|isnt {_NAMES} $",
    f"no soy|somos|es {_NAMES} $",
    # nobody was asked
    f"no longer|dont|not|never consent|agree|authorize|authorise|accept|allow|permit _ be|being|to|{TEXT}|contact",
    "no longer consent|consenting|authorize|authorise|allow|permit",
    f"dont|not|never|no|without have|got|had|given? my|our|any {_CONSENT} to|for|$",
    f"withdraw|withdrawing|rescind|retract|retracting|pull|cancel|remove my {_CONSENT}",
    f"{_CONSENT} withdrawn|denied|cancelled|canceled|rescinded",
    f"didnt|never|not|nobody|noone ask|asked|agree|agreed|consent|consented|request|requested _ {TEXT}",
    "did|i|we not|never|didnt ask|asked|agree|agreed|consent|consented|sign|signed _ this|these|that|it|those|any $",
    f"no|without|zero {_CONSENT} was|is|given|to|for|$",
    f"who|when|where told|gave|said|says _ you _ {TEXT}|contact",
    # somebody else's number
    "moved away|out|on _ ago",
    "number|phone|cell|line belongs|belong|changed|switched to? someone|somebody|another|new|different|hands|owner",
    "doesnt|dont|longer|not have|has|own|owns|use|uses this number|phone|cell|line",
    f"{TEXT}|contacting|bothering a|some|the|an? stranger|strangers|rando|random",
    "nobody|noone|one|person|anyone by|with that|this name",
    "no such person|patient",
    "not a|your|an? patient|patients|client of? yours|$",
    "not your patient|client",
    "wrong lady|woman|man|family|house|individual|household",
    # whose list
    f"{_DROP} my|our|his|her|this|all|the? {_DATA} $",
    f"{_DROP} my|our|his|her|this {_DATA}",
    "strike|scratch|cross|exclude|unlist|kick me|us|him",
    f"take|get|pull|have|keep my|our|this|his|her {_DATA} _ off|out|away|removed|deleted",
    "leave me|us|my|our|this|him|her phone|number|family? alone|out|be",
    # threats and complaints
    "report|reporting|reported|flag|flagging|flagged|mark|marking|marked _ junk|spam|fcc|harassment|scam",
    "bother|bug|pester|annoy|harass somebody|someone|anybody|anyone|people|other else|people?",
    f"tired|sick|fed up? of|with _ {TEXT}",
    f"unwanted|unsolicited|unrequested|uninvited {TEXT}|contact|communication|communications|$",
    f"pay|paying|charged|charges|charge|costs|cost|costing me? per|for|each|every {TEXT}",
    f"each|every|these|your {TEXT} cost|costs|costing|charge|charges _ me|money|$",
    "please|pls? no|dont i|we get charged",
    f"keep _ clear|free of|from _ {TEXT}",
    f"{TEXT}|bother|annoy someone|somebody who|else",
    "blocking now|you|u|this|your|$",
    "get|stay off my|our phone|line|number|cell",
    "sign|opt me|us out|off $",
    "sign|opt me|us out|off of|from this|these|your|it|all|everything",
    "shop|step texting|messaging|sending",
    # enough of it
    "refrain from",
    "^ i am|im? decline|declining|refuse $",
    "will|can|could|would you|ya|yall|people _ ever stop|quit $|it|already",
    "please|pls|plz|kindly|just cease|desist|halt",
    "^ cease|desist|halt $",
    (
        "you|ya|yall|guys|yall can|may|could|should|must|might|better|need|have to? stop|quit|cease now|please|pls|plz"
        "|already|texting|$"
    ),
    "quit|stop with|w|wit these|this|those|it|that|all|your|the",
    "want|wanna|let|get me? out $",
    "^ i|we? do? dont|not want|need|like this|these|those|them? $",
    "dont|not|no|never want|wanna|need anything|nothing|any|none|stuff _ from you|u|yall|guys|your|ya",
    # Spanish
    f"no|ya|nunca|jamas|ni|nomas|tampoco me|nos|le|les|la|lo? {_WRITES}",
    f"que no|ya|nunca me|nos? {_WRITES}|lleguen|llegue|llamen",
    f"no|ya quiero|deseo|quisiera|queremos que? me|nos? esten|este|anden|ande|sigan|siga? {_WRITES}|{_WRITING}",
    f"dejen|deje|deja|dejar|paren|pare|para|parar|parenle|parale|basta|cesen de|con estar|andar? {_WRITING}|{TEXTO}",
    "paren|pare|detengan|detenga|terminen|acaben|suspendan esto|eso|estos|esos|ya",
    "dejen|deje|deja|dejenos|dejeme en paz",
    "no quiero|queremos|deseo nada _ ustedes|uds|usted|ud",
    "^ no quiero|queremos|deseo nada $",
    "dije|dijimos que no $|mas|ya",
    "no vive|viven aqui|aca $",
    "aqui|aca no vive|viven",
    "no quiero saber nada $|de|mas",
    "me|nos doy|damos de baja",
    "revoco|revocar|retiro|retirar|quito|anulo mi|el? permiso|consentimiento|autorizacion",
    ("no|nunca|jamas tienen|tiene|di|dimos|doy|damos|he|hemos dado? mi|el|ningun|ninguna? permiso|consentimiento"
    "|autorizacion"),
    "no es el|la|su|mi? numero|telefono|celular|persona de|correcto|correcta|indicado|indicada|$",
    "no soy|somos esa|esta|su|la|un|una? paciente|persona|cliente suyo|suya|$",
    "no soy|somos su? paciente|pacientes|cliente de ustedes|uds|su|alli|ahi",
    ("voy|vamos a bloquear|bloquearlos|bloquearte|bloquearle|reportar|reportarlos|denunciar|denunciarlos|demandar"
    "|demandarlos"),
    "esto es? acoso|hostigamiento|spam",
    f"{_DROPS}|{_DROP_ME} mi|nuestro|este|ese|su? numero|telefono|celular|nombre|contacto|datos|informacion",
    _DROP_ME,
)  # fmt: skip
"""What refuses wherever it stands."""

IN_A_CLAUSE = (
    f"no|zero|without|nothing {_SUCH}? {TEXT}",
    f"not|dont|donot|never|nor _ {TEXT}",
    f"{_CEASE} {_WHICH}? {_WHICH}? {TEXT}",
    f"block|blocking all|any|your|ur|the|this|these|those|such? {TEXT}",
    f"enough|plenty|unwanted _ {TEXT}",
    "turn|switch|shut|cut off these|this|those|them|it",
    f"turn|switch|shut|cut off _ {TEXT}",
    "turn|switch|shut|cut these|this|those|them|it off",
    f"turn|switch|shut|cut _ {TEXT} _ off",
    "get|make|makes|making these|this|those|them|it _ stop|end|quit",
    ("way|how|able|option|can|could|please|like|rather|prefer _ not|without|stop|avoid _ get|getting|receive"
    f"|receiving|seeing _ these|this|those|them|any|{TEXT}"),
    "why|who|quit|stop _ keep|keeps|still|always? texting|messaging|contacting|bothering|spamming|harassing",
    (
        "you|u|ya|yall|people|guys|they|who|why|quit|stop|somebody|someone keep|keeps|kept texting|messaging"
        "|contacting|bothering|spamming|harassing"
    ),
    "dont|not|never|donot use|using|contact|dial this|my|our number|phone|line|cell",
    "dont|not|never|donot reply|respond|write _ this|me|back|again|anymore|number",
    f"no|ni|sin|cero|nada _ {TEXTO}",
    f"rechazo|rechazamos|rehuso|cancelo|detengo|bloqueo _ {TEXTO}",
    ("como|quiero|quisiera|puedo|favor|para|deseo _ cancelo|cancelar|cancelan|paro|parar|detengo|detener|quito|quitar"
    f"|apago|apagar|bloqueo|bloquear|evitar _ {TEXTO}"),
    "para|forma|manera|modo|hago|hacer _ no|ya me|nos lleguen|llegue|llegan",
)  # fmt: skip
"""What refuses when all of it stands between two marks of punctuation."""

_CAME = (
    "get|got|gotten|getting|receive|received|receiving|see|saw|seen|seeing|read|reading|find|found|have|had|has|open"
    "|load|show|know|knew|understand|understood|sure|work|works|working|able|idea|remember|delete|lose|forget|ignore"
    "|miss|missed|check|checking|checked|leave|left|sent|worry|matter|answer|answered|returned|replied|respond|responded|call|called"
)
NOT_IN_A_CLAUSE = (
    f"got|get|received|have|had|see|saw|there|is|was|theres no|nothing {_SUCH}? {TEXT}",
    f"{_NO} _ {_CAME} _ {TEXT}",
    f"i|we|he|she|it|they|phone can|could|did|do|does|will|would|has|have not|never _ {TEXT}",
    f"did|has|have not _ {TEXT}",
    f"no|nothing|not {TEXT} was|were|on|yet|came|left|in|arrived|through|here",
    f"no|not {TEXT} from _ yet|so|today|yesterday",
    (
        "dont|no|not|never|without call|calls|calling|talk|talking|phone|phoning|ring me|us|back? just|only|please|but"
        f"|instead|so|can|could|you|rather|i? {TEXT}"
    ),
    f"no problem|worries|rush|hurry|need|longer|idea|thanks|thank|matter _ {TEXT}",
    f"{_NO} hesitate|mind|bother|forget|wait|stop|only|just|yet _ {TEXT}",
    "end of|up|the|this|next",
    "stop by|bye|in|over|at|off|up|into|near|my|his|her|working|bleeding|taking|using|eating|drinking|smoking",
    "quit my|his|her|work|working|taking|using|smoking|drinking|the",
    "block off|out|an|some|the|of|my|his|her",
    "i|we|ive|weve|been keep|kept|keeps texting|messaging|contacting",
    ("no _ llego|llegaron|llega|llegan|recibi|recibio|recibido|vi|veo|visto|tengo|tenia|tuve|entendi|entiendo|pude"
    f"|puedo|se|leo|lei|abre|abren|encuentro|deje|dejo|hay|habia _ {TEXTO}"),
    f"no _ llamen|llame|llamar|llames _ mandenme|mandeme|envienme|mejor|un|por|solo _ {TEXTO}",
    "para mi|mis|un|el|la|los",
)  # fmt: skip
"""Where the words of `IN_A_CLAUSE` refuse nothing: a text that did not come, a call that is not wanted, an `end of`."""

_POSTED = (
    "prescription|prescriptions|script|scripts|rx|refill|refills|meds|medicine|medication|bill|bills|invoice|statement"
    "|statements|records|form|forms|order|orders|results|referral|letter|him|her|them"
)
_BODY = (
    "cita|citas|puntos|yeso|sangre|muela|muelas|diente|dientes|ferula|venda|vendas|vendaje|radiografia|examen|turno"
    "|copia|receta|cuenta"
)
_THINGS = "pill|pills|meds|medicine|medication|bandage|cast|stitches|boot|brace|dressing|ring|shoes|mask|clothes|splint"
NOT_ANYWHERE = (
    f"take|get|keep|pull my|his|her|the _ {_THINGS}",
    f"{_THINGS} off|from the|my|your? list|chart|file",
    "remove|delete|drop|take my number one|two|three|four|1|2|3|4",
    f"{_DROP_ME} una|un|el|la|los|las|mi|mis? {_BODY}",
    "wrong number|num of",
    f"take|get|keep|put|pull me|us|him|her|my|name off? the|my|your|a? {_HOURS}|cancellation|waitlist|wait|waiting",
    "take|get|keep|pull my|his|her name off the|my|your|a? wait|waiting|waitlist|schedule|cancellation|calendar",
    f"dont|not|never|donot send|sending it|that|the|my|his|her|a|any|in|over? {_POSTED}",
    ("dont|not|never|donot send|sending it|that|them to|through over|in|the|my|cvs|walgreens|walmart|riteaid|publix"
    "|costco|kroger"),
    "dont|not|never|donot send|sending it|that|them to cvs|walgreens|walmart|riteaid|publix|costco|kroger|the|my",
    "i|we|ive|weve moved away|out|on",
    "ears|ear _ stop ringing",
    "stop ringing _ ears|ear",
    "wont|cant|doesnt|dont|didnt|never|not|cannot stop ringing",
    "just|people wont|cant|doesnt|dont|didnt|never|not|cannot|wouldnt|couldnt _ stop",
    "no me|nos? "
    + commands("mandar", "enviar")
    + " a? la|el|mi|las|los|esa|ese|otra receta|recetas|factura|facturas|cuenta|medicina|medicinas|cita|resultados"
    "|orden|farmacia",
)  # fmt: skip
"""Where the words of an opt-out speak of something else; heeded by every rule for opting out in phrases."""
