"""Spanish: what patients say, folded (no case, no accents, ñ as n). The phrase language is in `phrases`."""

from secondring.domain.words.phrases import many

KEYWORDS: dict[str, str] = {
    "book": "cita citas agendar reservar reserva turno agenda",
    "reschedule": "reprogramar reagendar cambiar posponer aplazar",
    "billing": "factura facturas facturacion pago pagos cobro cobros cuenta pagar recibo",
    "refill": "receta recetas resurtir resurtido medicina medicinas medicamento medicamentos recarga"
    " pastillas",
    "urgent": "urgente urgencia urgencias emergencia",
    "help": "ayuda informacion ayudenme ayudeme ayudame",
    "stop": "alto parar para pare paren baja basta detener detente salir fin eliminar desuscribir"
    " desuscribirme borrar"
    " quitar dejen bloquear terminar",
    "cancel": "cancelar cancela cancele cancelen anular anula anulen",
    "start": "alta comenzar empezar iniciar reanudar inicio suscribir suscribirme",
}
"""Words that are a whole message by themselves, by intent."""

WHOLE: dict[str, tuple[str, ...]] = {
    "book": ("una cita", "sacar cita", "hacer cita", "quiero cita"),
    "reschedule": ("cambiar cita", "mover cita", "cambiar hora", "cambiar fecha", "otra fecha", "otro dia"),
    "refill": ("relleno de receta", "mi receta"),
    "urgent": ("es urgente", "muy urgente", "es una emergencia"),
    "help": ("necesito ayuda", "ayuda por favor", "mas informacion"),
    "stop": (
        "no mas",
        "ya estuvo",
        "ya estuvo bueno",
        "ya parenle",
        "parenle",
        "parele",
        "parale",
        "ya basta",
        "para ya",
        "paren ya",
        "ya no",
        "de baja",
        "ya no mas",
    ),
    "cancel": ("cancelar todo", "no cancelar"),
    "start": ("de alta", "comenzar de nuevo"),
}
"""The same, of more than one word."""

CLAUSE_STOPS = ("no mas", "basta", "ya basta", "paren ya", "alto", "paren")
"""Opt out even when they are only one clause of a longer message."""

POLITE = many(
    "por favor porfavor porfa gracias hola buenos buenas dias tardes noches dia si ok senora senor"
    " senorita doctora opcion numero pf muchas"
)
"""Said around the word that counts."""

_SEND = (
    "envien|envie|envies|enviar|enviarme|enviando|manden|mande|mandes|mandar|mandarme|mandando"
    "|escriban|escriba|escribas"
    "|escribir|escribirme|escribiendo|textear|textearme|texteen|textees|molesten|moleste|molestes"
    "|molestar|molestarme"
    "|molestando|contacten|contacte|contactes|contactar|contactarme|fregar|chingar|joder|fastidiar"
    "|fastidien|acosar|acosarme|acosen|insistan"
)
TEXT = "mensaje|mensajes|texto|textos|sms|mensajitos|notificaciones|avisos|recordatorios"
_DROP = (
    "quitenme|quiteme|quitame|quitar|quiten|quite|saquenme|saqueme|sacame|saca|borrame|sacar|borrenme|borreme|borrar"
    "|borren|borre|borra"
    "|eliminen|elimine|eliminar|eliminenme|elimineme|retiren|retirenme|remuevan|remuevanme"
)

OPT_OUT = (
    f"no me|nos? vuelvan|vuelva|sigan? a? {_SEND}",
    f"deje|dejen|deja|dejar|pare|paren|para|parar|basta de {_SEND}|{TEXT}",
    (
        f"ya? no quiero|deseo|autorizo|acepto|necesito|queremos _ {TEXT}|recibir|escriban|contacten"
        f"|manden|envien|molesten"
    ),
    f"no|ni|sin mas {TEXT}",
    f"no {TEXT} $",
    f"^ no {TEXT}",
    f"paren|pare|para|dejen|deje|basta|ya con _ {TEXT}",
    "darme|denme|deme|dar|darse|darnos|dame|demos de baja",
    "dar de baja",
    "desuscribir|desuscribirme|desuscribanme|desinscribir",
    f"{_DROP} _ lista|numero|sistema|base|contacto|telefono",
    "quitenme|quiteme|saquenme|saqueme|borrenme|borreme|eliminenme|elimineme|retirenme",
    "dejenme|dejeme|dejame|dejenos en|tranquilo|tranquila paz?",
    "numero|persona equivocado|equivocada|incorrecto|erroneo",
    "equivocado|equivocada|equivoco|equivocaron|equivocaste de numero|persona",
    "se|te equivoco|equivocaron|equivocaste",
    "no me|nos interesa|interesan",
    "no estoy interesado|interesada",
    (
        f"cancelar|cancele|cancelen|terminar|detener|detengan|parar|paren|suspender|suspendan los|estos"
        f"|las|mis|sus? {TEXT}"
        "|suscripcion|servicio"
    ),
    f"no pedi|pedimos|solicite|autorice _ {TEXT}",
    "vayanse|vayase al|a diablo|carajo|mierda",
)
"""What a reasonable person reads as: no more texts."""

STOP_CALLING = (
    "no me|nos vuelvan? a? llamen|llame|llames|llamar",
    "deje|dejen|deja|pare|paren de llamar|llamarme|marcar|marcarme",
)
"""The same about calls; an opt-out too, unless the writer asks for texts instead."""

TEXTS_WANTED = (
    (
        "mandenme|mandeme|mandame|envienme|envieme|enviame|escribanme|escribame|escribeme|prefiero|mejor"
        " un|por|el? _"
        " mensaje|mensajes|texto|textos|sms|whatsapp|$"
    ),
)

NOT_OPT_OUT = ("es esto? un|una? spam|estafa|fraude",)
"""A question, although it holds the words of an opt-out."""

QUESTIONS = (
    "cuando|donde|como abren|abre|abres|cierran|cierra|estan|esta|puedo|es|son|hago",
    "a? que hora|horas|dia|dias abren|abre|cierran|cierra|estan|tienen|atienden",
    "cual|cuales|cuanto|cuanta|cuantos es|son|cuesta|debo",
)
"""Something asked for beside an opt-out: a person answers, since no text may."""

NOT_STOP: tuple[str, ...] = ()
"""Spanish stop words count only alone, so nothing has to be exempted."""

CANCEL_WORDS = (
    "cancelar cancela cancele cancelen cancelo cancelaron cancelada cancelado anular anulen cancelacion"
)
VISIT_WORDS = (
    "cita citas consulta hoy manana lunes martes miercoles jueves viernes sabado domingo"
    " semana visita hora turno"
)

WANTS: dict[str, tuple[str, ...]] = {
    "book": (
        (
            "una|alguna|otra|nueva|sacar|hacer|agendar|pedir|quiero|necesito|programar|solicitar|primera"
            "|hay|ocupo"
            "|reservar|obtener|tienen nueva? cita|citas"
        ),
        "agendar|reservar|reservacion|sacar|programar _ cita|citas|consulta",
        "agendar|reservar",
        "cita|citas|espacio|lugar|hora|horas disponible|disponibles|libre|libres",
        "puede|pueden|podria|podrian atender|atenderme|ver|verme|recibir|recibirme",
        "quiero|necesito|quisiera|gustaria ver|consultar|que a|al|con|me doctor|doctora|medico|el|la|vea",
    ),
    "reschedule": (
        "reprogramar|reagendar|posponer|aplazar|reprograme|reagende",
        "cambiar|mover|cambie|cambien|muevan|adelantar|atrasar|cambio _ cita|citas|fecha|hora|consulta|dia",
        "no _ ir|llegar|asistir|voy|puedo a? mi|la|el? cita",
        "no _ ir|llegar|asistir a mi|la cita|consulta",
        "otro|otra dia|fecha|hora|horario",
    ),
    "billing": (
        (
            "factura|facturas|facturacion|cobro|cobros|cobraron|cobrado|recibo|pagos|copago|reembolso"
            "|deuda|debo|saldo"
        ),
        "pagar|pague|pago|pagado mi|la|una|un|el|con|de|en cuenta|factura|tarjeta|consulta|linea",
    ),
    "refill": (
        "receta|recetas|resurtir|resurtido|rellenar|relleno|surtir|surtido|resurtan|surtan",
        "renovar|renueven|renovacion",
        (
            "mas|acabo|acabaron|terminaron|termino|acabando|quedan|queda|tengo|quede|sin|mi|mis|mas la"
            "|las|el|los|mi|mis|sin"
            "|mas|no? _ medicina|medicinas|medicamento|medicamentos|pastillas|insulina|inhalador"
        ),
        (
            "se me acabo|acabaron|terminaron|termino|acaba la|las|el|los|mi|mis? medicina|medicinas"
            "|medicamento|medicamentos"
            "|pastillas|insulina|inhalador|pildoras"
        ),
        "necesito|quiero|ocupo mas|mi|mis medicina|medicinas|medicamento|medicamentos|pastillas|insulina",
        "no tengo|quedan|queda mas? medicina|medicinas|medicamento|medicamentos|pastillas|insulina",
    ),
    "start": ("quiero|pueden recibir|enviar|mandar|seguir de? nuevo? mensajes|textos",),
    "call-me": ("llamame|llameme|llamenme|llamarme|marqueme|marcame", "me pueden|puede|puedes llamar|marcar"),
}

WEAK: dict[str, tuple[str, ...]] = {
    "book": ("cita|citas",),
    "reschedule": (),
    "refill": ("medicamento|medicamentos|medicina|medicinas",),
}
"""Count only when nothing clearer is said."""

EXISTING = (
    "mi|su|la|esa|esta|mis|nuestra|tu proxima|ultima? cita|citas",
    "confirmar|confirmo|tarde|sobre|hora _ cita",
)
"""Where a weak or strong word speaks of what is already there and asks for nothing."""

NOT_MEANT: tuple[str, ...] = ()
"""Words of ours that mean something else here."""

NEGATED_FAR = ("no necesito|quiero|ocupo|requiero|quisiera",)
"""What takes back the wish that follows within a few words."""

NEGATED_NEAR = ("no", "no es|son|para|sobre")
"""What takes back the very next word."""
