"""Which column is the user, which the item, which the time: by name, and by what the values look like."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from data_prep.inference.profile import Profile

Role = Literal["user", "item", "time", "event_type", "value"]
IDS: tuple[Role, ...] = ("item", "user")

# Words of names, the most telling first; a name is cut into words at capitals, digits, underscores and dots.
_WORDS: Mapping[Role, Sequence[str]] = {
    "user": (
        *("user", "customer", "client", "member", "visitor", "subscriber", "shopper", "buyer", "viewer", "listener"),
        *("reader", "reviewer", "player", "account", "profile", "person", "uid", "cookie", "device", "session"),
    ),
    "item": (
        *("item", "product", "sku", "article", "asin", "movie", "film", "video", "content", "track", "song", "artist"),
        *("book", "isbn", "title", "show", "series", "episode", "game", "listing", "offer", "course", "recipe", "post"),
        *("news", "property", "hotel", "restaurant", "business", "asset", "page", "url", "iid", "pid"),
    ),
    "time": (
        *("timestamp", "ts", "datetime", "time", "when", "at", "date", "occurred", "created", "day", "epoch", "clock"),
        "ordered",
    ),
    "event_type": ("event", "action", "behavior", "behaviour", "activity", "interaction", "verb", "type", "kind"),
    "value": (
        *("rating", "stars", "score", "value", "amount", "price", "quantity", "qty", "revenue", "weight", "duration"),
        *("seconds", "watched", "count", "plays", "percent"),
    ),
}
# In other languages, where no English word is the same or looks like another.
_ENGLISH = {
    **dict.fromkeys(("kunde", "kunden", "cliente"), "customer"),
    **dict.fromkeys(("benutzer", "nutzer", "utilisateur", "usuario", "utente"), "user"),
    **dict.fromkeys(("besucher", "visiteur", "visitante"), "visitor"),
    **dict.fromkeys(("artikel", "articulo", "articolo"), "article"),
    **dict.fromkeys(("produkt", "produit", "producto", "prodotto"), "product"),
    **dict.fromkeys(("zeitstempel", "horodatage"), "timestamp"),
    **dict.fromkeys(("zeit", "zeitpunkt", "uhrzeit", "heure", "hora", "ora"), "time"),
    **dict.fromkeys(("datum", "fecha"), "date"),
    **dict.fromkeys(("aktion", "accion", "azione"), "action"),
    **dict.fromkeys(("ereignis", "evento", "evenement"), "event"),
    **dict.fromkeys(("bewertung", "valoracion", "valutazione"), "rating"),
    **dict.fromkeys(("preis", "prix", "precio", "prezzo"), "price"),
    **dict.fromkeys(("betrag", "montant", "importe"), "amount"),
    **dict.fromkeys(("titel", "titre", "titulo", "titolo"), "title"),
    **dict.fromkeys(("bezeichnung", "nombre", "nom"), "name"),
    **dict.fromkeys(("menge", "anzahl", "cantidad"), "quantity"),
}
IDENTIFYING = ("id", "uuid", "key", "no", "nr", "number", "code", "guid", "hash")
_MOST_EVENT_TYPES = 40


@dataclass(frozen=True)
class Candidate:
    """A column that may have a role; the higher the score, the more telling."""

    column: str
    score: float
    why: str


def words(name: str) -> list[str]:
    """The words of a column's name: `$.user.customerId` has user, customer and id, `KundenNr` customer and nr."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    found = [part.lower() for part in parts]
    return [_ENGLISH.get(piece, piece) for word in found for piece in _cut(word)]


def candidates(role: Role, profiles: Mapping[str, Profile]) -> list[Candidate]:
    """The columns that may have a role, the best first."""
    found = [
        Candidate(name, score, why)
        for name, profile in profiles.items()
        if _FITS[role](profile)
        for score, why in (_named(role, name),)
        if score
    ]
    return sorted(found, key=lambda one: (-one.score, list(profiles).index(one.column)))


def could_be(role: Role, profile: Profile) -> bool:
    """Whether the values alone could have the role."""
    return _FITS[role](profile)


def _named(role: Role, name: str) -> tuple[float, str]:
    """How telling a name is, from 0 to about 2, and in words."""
    known, found = _WORDS[role], words(name)
    telling = [word for word in found if (word if word in known else word.removesuffix("s")) in known]
    if not telling:
        return 0.0, ""
    best = min(known.index(word if word in known else word.removesuffix("s")) for word in telling)
    score = 1.0 - best / (2 * len(known))
    if role in ("user", "item"):
        # user_id says more than user_agent: of the other words, those that are no sign of an id count against it.
        others = [word for word in found if word not in telling]
        score += 0.5 * any(word in IDENTIFYING for word in others)
        score -= 0.3 * sum(word not in IDENTIFYING for word in others)
    elif role != "event_type":
        score -= 0.15 * (len(found) - len(telling))
    elif any(word in IDENTIFYING or word in _WORDS["time"] for word in found):
        score -= 1.0
    return max(score, 0.0), f"its name has {' and '.join(dict.fromkeys(telling))}"


def _cut(word: str) -> tuple[str, ...]:
    """Names run together, as userid and itemid, end in a word that says so."""
    end = next((end for end in ("id", "time") if word.endswith(end) and len(word) - len(end) > 2), "")
    return (word.removesuffix(end), end) if end else (word,)


def _is_id(profile: Profile) -> bool:
    decimal = profile.is_number and not profile.is_integer and not profile.is_digits
    return profile.share_filled >= 0.5 and profile.distinct >= 2 and not decimal and profile.longest <= 256


def _is_event_type(profile: Profile) -> bool:
    # Types come again and again, and there are few of them.
    few = 1 <= profile.distinct <= min(_MOST_EVENT_TYPES, max(2, len(profile.filled) // 5))
    return few and not profile.is_number and profile.share_filled >= 0.5 and profile.longest <= 64


_FITS: Mapping[Role, Callable[[Profile], bool]] = {
    "user": _is_id,
    "item": _is_id,
    "time": lambda profile: profile.share_filled >= 0.5 and profile.times is not None,
    "event_type": _is_event_type,
    "value": lambda profile: profile.is_number and profile.times is None and profile.distinct >= 2,
}
