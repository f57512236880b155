"""Catalogues brought up to date with the texts the program shows: ``python -m risk.translating``.

Texts come from the sources of ``risk`` and ``app`` (calls of `_`, ``gettext``, ``ngettext`` and the like, in
Python and in templates of prints) and from tables: the registry's sentences, their words and phrases,
`risk.vocabulary`, the settings. New texts are put into each catalogue untranslated, texts that are no longer
used are taken out, translations stay. `problems` says what is wrong with a catalogue.
"""

from __future__ import annotations

import ast
import io
import re
import string
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from features import matrix, reference
from features.manifest import schema
from features.registry import FAMILIES
from risk import condition_fields, labels, phrases, sentences, vocabulary
from risk.language import BY_CODE, DOMAIN, source_of
from risk.store.settings import SETTINGS

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "translations"
_ROOMS = ("risk", "app")

#: Plural forms of each language (GNU gettext).
PLURALS = {
    "fr": "nplurals=2; plural=(n > 1);",
    "vi": "nplurals=1; plural=0;",
    "th": "nplurals=1; plural=0;",
    "zh": "nplurals=1; plural=0;",
    "pt": "nplurals=2; plural=(n != 1);",
    "km": "nplurals=1; plural=0;",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
    "n%100>=11 && n%100<=99 ? 4 : 5);",
}

_METHODS = [("**/migrations/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2"), ("**.j2", "jinja2")]
_CALLS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
#: What is refused says why in its first argument (`risk.refusals`).
_REFUSALS = re.compile(r"class (\w+)\(Refusal\)")
_NOUN = re.compile(r"\{\w+:#([^}]*)\}")
_HEADER = """\
# Texts of wildcargo. Translated by the makers of the program; not read by a native speaker yet.
# Fields in braces stay as they are, in any order. In the sentences of reasons what is
# separated by "; " in English is separated by "; " here, in the same order, each part with its fields.
"""

Text = str | tuple[str, str]


@cache
def messages() -> dict[Text, tuple[str, ...]]:
    """Return every text the program shows -> where it comes from; a pair has a singular and a plural."""
    found: dict[Text, list[str]] = {}
    for text, place in (*_from_tables(), *_from_sources()):
        if text and text != ("", ""):
            found.setdefault(text, []).append(place)
    return {text: tuple(sorted(set(places))) for text, places in found.items()}


def _from_tables() -> Iterator[tuple[Text, str]]:
    for feature in matrix.features():
        for template in sentences.templates(feature):
            yield template, "sentences of reasons"
            for noun in _NOUN.findall(template):
                yield (f"{{n}} {noun}", f"{{n}} {noun}s"), "numbers of things"
    yield ("{n} package", "{n} packages"), "numbers of things"
    yield from ((text, "words of sentences") for text in sentences.WORDS.values())
    yield from ((text, "families of reasons") for text in FAMILIES.values())
    yield from ((text, "phrases") for text in _phrases())
    yield from ((text, "facts in words") for text in labels.messages())
    for kind, known in vocabulary.WORDS.items():
        yield from ((text, f"codes in words: {kind}") for text in known.values())
    yield from ((setting.meaning, "settings") for setting in SETTINGS)
    yield from ((column.meaning, "columns of shipments") for column in schema.BY_NAME.values())
    for field in condition_fields.FIELDS.values():
        yield from ((text, "fields of conditions") for text in (field.meaning, field.expects))


def _phrases() -> Iterator[str]:
    for table in ("by", "name_of", "certificate"):
        yield from phrases.TABLES[table].values()
    for value in ("unknown", *sorted(set(reference.table("hs_headings")["group"]))):
        yield phrases.word("group", value)
    for value in sorted(set(reference.table("taxon_routes")["taxon"])):
        yield phrases.word("taxon", value.replace("_", " "))
    for _, words in phrases.BANDS.values():
        yield from words


def _from_sources() -> Iterator[tuple[Text, str]]:
    sources = [path.read_text(encoding="utf-8") for room in _ROOMS for path in (ROOT / room).rglob("*.py")]
    named = {name for text in sources for name in _REFUSALS.findall(text)}
    keywords = {**_CALLS, "Refusal": None, "Problem": (3,), "fail": None, **dict.fromkeys(named)}
    for room in _ROOMS:
        rows = extract_from_dir(ROOT / room, method_map=_METHODS, keywords=keywords)
        for name, _, text, _, _ in rows:
            told = (str(text[0]), str(text[1])) if isinstance(text, tuple) else text
            yield told, f"{room}/{Path(name).as_posix()}"
        for path in sorted((ROOT / room).rglob("*.py")):
            for text in within_fields(path.read_text(encoding="utf-8")):
                yield text, path.relative_to(ROOT).as_posix()


def within_fields(source: str) -> Iterator[Text]:
    """Yield the texts looked up within fields of f-strings, where Babel sees none before Python 3.12."""
    if "f'" not in source and 'f"' not in source:
        return
    fields = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FormattedValue))
    calls = (node for field in fields for node in ast.walk(field.value) if isinstance(node, ast.Call))
    for call in calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        said = [each.value for each in call.args if isinstance(each, ast.Constant)]
        texts = [each for each in said if isinstance(each, str)]
        if name == "ngettext" and len(texts) >= 2:
            yield texts[0], texts[1]
        elif name in _CALLS and name != "ngettext" and texts:
            yield texts[0]


def read(language: str) -> Catalog:
    """Return a language's catalogue as it lies in the package."""
    return read_po(io.StringIO(source_of(language)), locale=language, domain=DOMAIN)


def update(language: str, old: Catalog | None = None, known: dict[Text, Text] | None = None) -> Catalog:
    """Return a language's catalogue with exactly the texts the program shows.

    Parameters
    ----------
    language : str
    old : Catalog, optional
        Whose translations are kept.
    known : dict, optional
        Further translations.
    """
    catalogue = Catalog(locale=language, domain=DOMAIN, project="wildcargo", header_comment=_HEADER.strip())
    for text, places in sorted(messages().items(), key=lambda item: (item[1], _id(item[0]))):
        before = old.get(_id(text)) if old is not None else None
        kept = before.string if before is not None and not before.fuzzy else ""
        told = (known or {}).get(text, kept)
        catalogue.add(text, told, auto_comments=places)
    return catalogue


def _id(text: Text) -> str:
    return text if isinstance(text, str) else text[0]


def write(catalogue: Catalog, language: str) -> None:
    """Write a catalogue; the same texts give the same bytes."""
    path = FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=110, omit_header=True)
    head = [
        _HEADER.rstrip(),
        'msgid ""',
        'msgstr ""',
        '"Project-Id-Version: wildcargo\\n"',
        f'"Language: {language}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Plural-Forms: {PLURALS[language]}\\n"',
        "",
        "",
    ]
    path.write_bytes("\n".join(head).encode() + buffer.getvalue().lstrip(b"\n"))


def fields(text: str) -> Counter[str]:
    """Return the fields of a text, each as it is written, and how often."""
    return Counter(
        f"{name}:{spec}!{conversion}"
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


def problems(language: str) -> list[str]:
    """Return what is wrong with a catalogue: missing, superfluous, untranslated, fuzzy, broken fields."""
    catalogue, wrong = read(language), []
    held: dict[Text, Message] = {message.id: message for message in catalogue if message.id}  # type: ignore[misc]
    wrong += [f"missing: {text!r}" for text in messages() if text not in held]
    wrong += [f"no longer shown: {text!r}" for text in held if text not in messages()]
    for text, message in held.items():
        forms = _forms(message)
        if message.fuzzy or not all(forms):
            wrong.append(f"not translated: {text!r}")
            continue
        wrong += [f"{why}: {text!r} as {form!r}" for form in forms for why in _differs(text, form)]
    return wrong


def _forms(message: Message) -> tuple[str, ...]:
    told = message.string
    return tuple(told) if isinstance(told, (tuple, list)) else (told or "",)


def _differs(text: Text, form: str) -> list[str]:
    """Return what keeps a translation from standing for its text."""
    try:
        told = fields(form)
    except ValueError:
        return ["braces do not match"]
    if isinstance(text, tuple):
        # "two bills" may be one word; a form for many numbers has to say which.
        return [] if not told or set(told) <= set(fields(text[1])) else ["other fields"]
    wrong = [] if told == fields(text) else ["other fields"]
    parsed = "sentences of reasons" in messages().get(text, ())
    if parsed and text.count(sentences.CLAUSE) != form.count(sentences.CLAUSE):
        wrong.append("another number of clauses")
    if text[:1].isspace() != form[:1].isspace() and text[:1].isspace():
        wrong.append("begins otherwise")
    return wrong


def main() -> int:
    """Bring every catalogue up to date; tell how many texts wait for a translation."""
    for language in PLURALS:
        old = read(language) if language in BY_CODE else None
        new = update(language, old)
        write(new, language)
        waiting = sum(not all(_forms(message)) for message in new if message.id)
        print(f"{language}: {len(new)} texts, {waiting} not translated")
    return 0


if __name__ == "__main__":
    sys.exit(main())
