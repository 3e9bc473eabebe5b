"""The words of the miniature: nouns, verbs and adjectives of four topics and of every day, with regular inflection."""

from typing import NamedTuple


class Topic(NamedTuple):
    """What a text is about: nouns by gender, transitive verbs as infinitives, adjectives in the masculine."""

    masculine: tuple[str, ...]
    feminine: tuple[str, ...]
    verbs: tuple[str, ...]
    adjectives: tuple[str, ...]


def listed(words: str) -> tuple[str, ...]:
    """The words of a string, as a tuple."""
    return tuple(words.split())


def _topic(masculine: str, feminine: str, verbs: str, adjectives: str) -> Topic:
    return Topic(*map(listed, (masculine, feminine, verbs, adjectives)))


EVERYDAY = _topic(
    "libro camino puente museo jardín perro gato árbol niño vecino maestro río teatro tren barco "
    "cuadro sombrero pañuelo "
    "reloj bosque invierno espejo",
    "casa ciudad calle plaza novela canción ventana niña vecina maestra montaña carta fiesta película obra mañana "
    "cocina lámpara guitarra puerta",
    "visitar mirar pintar buscar encontrar cantar recordar preparar esperar limpiar recibir "
    "recorrer perder reparar soñar",
    "nuevo antiguo pequeño hermoso largo rápido blanco oscuro famoso moderno grande verde azul tranquilo extraño bajo",
)
TOPICS = {
    "CCAT": _topic(
        "negocio producto contrato accionista directivo almacén proveedor cliente consorcio "
        "catálogo taller convenio envase",
        "empresa fábrica compañía filial fusión tienda marca patente franquicia sucursal factura plantilla maquinaria",
        "fabricar comprar vender contratar facturar fusionar exportar patentar envasar liquidar distinguir absorber",
        "comercial industrial rentable corporativo competitivo automotriz empresarial textil",
    ),
    "ECAT": _topic(
        "presupuesto impuesto salario empleo consumo gasto crecimiento desempleo arancel ahorro "
        "ingreso subsidio pronóstico",
        "economía inflación deuda reforma recesión tasa renta productividad pensión subvención demanda balanza",
        "recaudar recortar presupuestar financiar subvencionar gravar estimar calcular moderar "
        "ajustar definir reactivar",
        "fiscal económico trimestral tributario macroeconómico laboral presupuestario estructural",
    ),
    "GCAT": _topic(
        "gobierno presidente ministro partido senador tratado juez ejército hospital colegio "
        "candidato alcalde diputado",
        "elección ley guerra protesta huelga policía campaña embajada frontera víctima escuela sentencia cumbre",
        "votar condenar denunciar investigar indultar juzgar nombrar convocar discutir prometer vigilar debatir",
        "político electoral diplomático judicial militar parlamentario pacífico ciudadano",
    ),
    "MCAT": _topic(
        "índice bono mercado barril inversor corredor cierre lote rendimiento petróleo metal repunte diferencial",
        "bolsa acción divisa cotización moneda subasta cosecha onza sesión jornada cartera materia",
        "cotizar negociar apreciar depreciar subastar operar canjear emitir rematar revalorizar transar impulsar",
        "bursátil alcista bajista cambiario volátil especulativo financiero agrícola",
    ),
}
PROFESSIONS = listed("ministro poeta pintor arquitecto ingeniero abogado periodista profesor médico escritor juez")
INTRANSITIVE = listed("viajar llegar regresar trabajar caminar bailar descansar nadar")
ADVERBS = listed("ayer hoy mañana siempre rápidamente lentamente finalmente también todavía después")
CONJUNCTIONS = listed("y pero o ni")
SUBORDINATORS = listed("porque aunque cuando si mientras como")
INTERJECTIONS = listed("ay vaya hola caramba ojalá bravo")
FOREIGN = listed("software marketing online et cetera show made in fair play")
PREPOSITIONS = listed("con sin sobre contra hacia desde bajo tras ante")
SYMBOLS = ("%", "$", "€", "°")
MONTHS = listed("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")
NUMERALS = listed("dos tres cuatro cinco seis siete ocho nueve diez doce veinte treinta cien")
