"""Spanish: wording that makes a text urgent, and what only sounds like it. Folded, in the phrase"
" language."""

from secondring.domain.words.phrases import many

EMERGENCY = (
    "no _ respirar|respira|respiro|respiran|respirando|respirado",
    (
        "cuesta|dificultad|dificultades|dificil|trabajo|problemas|apenas|falta _ respirar|respira"
        "|respiracion|aire"
    ),
    "falta|faltando|sin el? aire",
    "ahoga|ahogando|ahogo|asfixia|asfixiando|atraganto|atragantando|atragantado",
    "dolor|dolores|duele|presion|opresion|apretado|ardor|molestia|aprieta _ pecho",
    "pecho _ duele|dolor|aprieta|apretado|presion",
    "ataque|paro al|del|de? corazon|cardiaco",
    "infarto|infartando|derrame|embolia|apoplejia|aneurisma",
    "cara _ caida|torcida|paralizada|dormida|hinchada|hinchando",
    (
        "brazo|lado|pierna|cara|cuerpo _ dormido|dormida|adormecido|adormecida|paralizado|paralizada"
        "|entumecido|entumecida"
    ),
    "no _ mover|muevo|mueve|siento _ brazo|pierna|piernas|lado|cara|mano|bebe|cuerpo",
    "bebe no _ mueve|respira|despierta",
    (
        "desmayo|desmayado|desmayada|desmaye|desmayando|desmaya|inconsciente|convulsion|convulsiones"
        "|convulsionando"
    ),
    "no despierta|reacciona|responde|contesta|habla bien?",
    "no se? despierta|despierto",
    "sangrando|sangra|sangro|sangrado|hemorragia|desangrando|desangra|sangrar|desangro",
    "vomitando|vomito|vomita|tosiendo|escupiendo|tose|escupe _ sangre",
    "mucha sangre",
    (
        "sobredosis|suicidio|suicidarme|suicidarse|suicida|suicidar|envenenado|envenenada|veneno"
        "|intoxicado|intoxicada"
        "|intoxicacion"
    ),
    "matarme|matarse|lastimarme|hacerme dano?",
    "quiero|quisiera|quiere|voy|va me|se|a? morir|morirme|morirse|matar",
    "me|se estoy|esta? muriendo|muero|muere",
    "no _ vivir|viva",
    "quitarme|quitarse la vida",
    "acabar|terminar con? mi|todo vida?",
    "tomo|tome|tomado|tomaron|trago muchas|demasiadas|todas|todo|cloro|veneno",
    "muchas|demasiadas pastillas|pildoras",
    "reaccion|alergia|choque alergica|severa|grave|fuerte|anafilactico",
    "anafilaxia",
    "cierra|cerrando|hincha|hinchada|inflama|inflamada|cerro _ garganta|lengua",
    "bebe|labios|cara|hijo|hija|nino|nina|esta _ morado|morada|morados|azul|azules",
    "trago|tragado _ pila|bateria|moneda|iman|juguete",
    "no siento|siente _ cara|brazo|pierna|piernas|mano|mitad",
    (
        "garganta|lengua|labios _ hinchada|hinchados|hinchando|cierra|cerrando|inflamada|inflamados"
        "|azules|morados"
    ),
    "rompio|rompieron _ fuente",
    "parto|contracciones",
    "cayo _ no _ habla|mueve|responde|camina",
    "dolor _ fuerte|fuertes|insoportable|horrible|terrible|severo|intenso|insoportables",
    "mucho|muchisimo|demasiado dolor",
    "no _ aguanto|soporto|aguanta|soporta _ dolor",
    "no aguanto|soporto mas|$",
    "duele muchisimo",
    "ambulancia|ambulancias|auxilio|socorro",
    "fiebre|temperatura _ 40|41|42|104|105",
    "recien nacido _ fiebre",
    "pego|golpeo|golpe|golpeado _ cabeza",
    "vista|vision de? repente|perdi|perdio",
    "perdio|perdi|pierde _ vista|conocimiento|conciencia",
    "azucar _ " + "|".join(str(n) for n in range(300, 1000)),
)

SYMPTOMS = many(
    "dolor duele sangre mareo mareado mareada fiebre vomito vomitando nausea hinchado hinchada debil"
    " respirar pecho corazon"
    " cabeza vista estomago garganta herida infectada embarazada quemadura pico picadura reaccion"
    " caida cayo"
)
SEVERE = many(
    "grave fuerte peor horrible terrible insoportable empeora empeorando repente asustado asustada miedo"
)
"""A symptom and one of these, and no other wish: a nurse should look."""

ALARMING = many(
    "pecho corazon sangre debil respirar mareo mareado mareada vista embarazada hinchado hinchada"
)
"""Symptoms that together with any other are as good as one said to be bad."""

URGENT = (
    "urgente|urgentemente|urgencia|urgencias|emergencia|emergencias",
    "enfermera|enfermero|doctor|doctora|medico|ayuda ahora|inmediatamente|ya|rapido|pronto",
    (
        "necesito|ocupo|quiero _ enfermera|enfermero|doctor|doctora|medico|ayuda _ ahora|inmediatamente"
        "|ya|rapido"
    ),
    "sin|no|ninguna tengo|hay|queda|quedan|tiene? mas? insulina",
    "acabo|acabaron|termino la|mi|su? insulina",
)

NOT_URGENT = (
    (
        "no|nada|tampoco|sin es|era|sea|hay|de|tan|muy|una|ninguna? tan|muy|una|ninguna|nada|de? urgente"
        "|urgencia|emergencia"
        "|emergencias|urgencias"
    ),
    "no hay|tengo? prisa|apuro",
    "otro|otra|nuevo|nueva doctor|doctora|medico ya",
    "contacto|cuarto|sala|cuenta|factura de emergencia|emergencias|urgencias",
)
"""Where those words are no alarm. Emergency wording elsewhere in the text still is."""
