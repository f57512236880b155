"""Which language a goods description is written in, by script first and model second.

Trade descriptions are short, and a language model is wrong on most of them ("LED bulb" reads as
Turkish), so Latin text counts as English when its words are English goods words, and the model is
asked only about longer text and believed only when it is sure. The language is that of the *goods
description*; names of people and firms are never looked at.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from features.goods import text as goods_text
from features.goods.matcher import matcher
from features.reference import table

#: Latin text shorter than this (words, letters) has no language here.
MIN_WORDS, MIN_LETTERS = 3, 16
MIN_CONFIDENCE = 0.95
_ENGLISH_SHARE = 0.5

# Languages of trade documents in Latin letters; the model chooses among these only.
_LATIN = (
    "en", "es", "fr", "pt", "de", "it", "nl", "id", "ms", "vi", "sw", "tr", "pl", "ro", "hu", "cs", "sv",
    "da", "fi", "hr", "tl", "mg", "lt", "lv", "et", "sk", "sl", "sq", "az", "af",
)  # fmt: skip
#: Script -> languages written in it; the first stands for the script.
_SCRIPTS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff]"), ("ja",)),
    ("zh", re.compile("[\u3400-\u9fff\uf900-\ufaff]"), ("zh", "ja", "ko")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]"), ("ko",)),
    ("th", re.compile("[\u0e00-\u0e7f]"), ("th",)),
    ("lo", re.compile("[\u0e80-\u0eff]"), ("lo",)),
    ("my", re.compile("[\u1000-\u109f]"), ("my",)),
    ("km", re.compile("[\u1780-\u17ff]"), ("km",)),
    ("ar", re.compile("[\u0600-\u06ff\u0750-\u077f]"), ("ar", "fa", "ur", "ps", "ku")),
    ("ru", re.compile("[\u0400-\u052f]"), ("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "mn", "bs")),
    ("el", re.compile("[\u0370-\u03ff]"), ("el",)),
    ("he", re.compile("[\u0590-\u05ff]"), ("he",)),
    ("hi", re.compile("[\u0900-\u097f]"), ("hi", "mr", "ne")),
    ("bn", re.compile("[\u0980-\u09ff]"), ("bn",)),
    ("ta", re.compile("[\u0b80-\u0bff]"), ("ta",)),
    ("si", re.compile("[\u0d80-\u0dff]"), ("si",)),
    ("ka", re.compile("[\u10a0-\u10ff]"), ("ka",)),
    ("hy", re.compile("[\u0530-\u058f]"), ("hy",)),
    ("am", re.compile("[\u1200-\u137f]"), ("am",)),
)
_LETTER = re.compile(r"[^\W\d_]")

NAMES = {
    "ja": "Japanese",
    "zh": "Chinese",
    "ko": "Korean",
    "th": "Thai",
    "lo": "Lao",
    "my": "Burmese",
    "km": "Khmer",
    "ar": "Arabic script",
    "ru": "Cyrillic script",
    "el": "Greek",
    "he": "Hebrew",
    "hi": "Hindi",
    "bn": "Bengali",
    "ta": "Tamil",
    "si": "Sinhala",
    "ka": "Georgian",
    "hy": "Armenian",
    "am": "Amharic",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "pt": "Portuguese",
    "de": "German",
    "it": "Italian",
    "nl": "Dutch",
    "id": "Indonesian",
    "ms": "Malay",
    "vi": "Vietnamese",
    "sw": "Swahili",
    "tr": "Turkish",
    "pl": "Polish",
    "ro": "Romanian",
    "hu": "Hungarian",
    "cs": "Czech",
    "sv": "Swedish",
    "da": "Danish",
    "fi": "Finnish",
    "hr": "Croatian",
    "tl": "Filipino",
    "mg": "Malagasy",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "et": "Estonian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "az": "Azerbaijani",
    "af": "Afrikaans",
}
# Near languages the model cannot tell apart on short text.
_ALIKE = (
    frozenset(("id", "ms")), frozenset(("es", "pt", "gl", "ca")), frozenset(("da", "no", "nb", "nn", "sv")),
    frozenset(("hr", "bs", "sr", "sl")), frozenset(("cs", "sk")), frozenset(("nl", "af")),
)  # fmt: skip


def language(folded: str, raw: str) -> str:
    """Return the language of a description (ISO 639-1), empty where it cannot be told.

    Parameters
    ----------
    folded : str
        The text in the form of `features.goods.text.fold`.
    raw : str
        The text as declared (accents tell languages apart).
    """
    letters = _LETTER.findall(folded[:400])
    if not letters:
        return ""
    text = folded[:400]
    if not text.isascii():
        for code, script, _ in _SCRIPTS:
            if len(script.findall(text)) > 0.3 * len(letters):
                return code
    words = goods_text.words(text)
    known = matcher()
    english = sum(known.is_english(goods_text.stem(word)) for word in words)
    if english >= _ENGLISH_SHARE * len(words):
        return "en"
    if len(words) < MIN_WORDS or len(letters) < MIN_LETTERS:
        return ""
    code, confidence = _model().classify(raw[:400].lower())
    return str(code) if confidence >= MIN_CONFIDENCE else ""


def usual_in(code: str, country: str) -> bool:
    """Return whether goods of a country are usually described in a language (English always is).

    Parameters
    ----------
    code : str
        ISO 639-1, as `language` returns it.
    country : str
        ISO 3166-1 alpha-2; one the table does not know counts as usual.
    """
    spoken = _spoken().get(country)
    if code in ("", "en") or spoken is None or code in spoken:
        return True
    same_script = next((group for name, _, group in _SCRIPTS if name == code), ())
    alike = next((group for group in _ALIKE if code in group), frozenset())
    return not spoken.isdisjoint(same_script) or not spoken.isdisjoint(alike)


@cache
def _spoken() -> dict[str, frozenset[str]]:
    rows = table("country_languages")
    return {
        str(country): frozenset(str(languages).split(";"))
        for country, languages in zip(rows["country"], rows["languages"], strict=True)
    }


@cache
def _model() -> Any:
    # Imported late: reading the model takes most of a second, and most text never needs it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    # The reader was renamed between releases.
    read = getattr(LanguageIdentifier, "from_model_file", None) or LanguageIdentifier.from_pickled_model
    identifier = read(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_LATIN))
    return identifier
