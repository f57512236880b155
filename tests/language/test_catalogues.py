"""Every text the program shows stands in every catalogue, translated, with its fields."""

import re
from importlib.resources import files

import pytest

from features import reference
from risk import language, locales, translating, vocabulary

OTHERS = [code for code in language.LANGUAGES if code != language.SOURCE]
#: Words that judge people or clear goods, in every language.
FORBIDDEN = {
    "en": r"smuggl|guilty|\bsafe\b|(?<!not mean )\bcleared\b|criminal",
    "fr": r"contreband|trafiquant|coupable|sans danger|\bsûrs?\b|criminel",
    "vi": r"buôn lậu|kẻ phạm|có tội|an toàn|tội phạm",
    "th": r"ลักลอบ|ผู้กระทำผิด|ปลอดภัย|อาชญากร",
    "zh": r"走私|有罪|安全|罪犯",
    "pt": r"contraband|traficante|culpad|segur[ao]s?\b(?! )|criminos",
    "km": r"អ្នករត់ពន្ធ|មានទោស|សុវត្ថិភាព|ឧក្រិដ្ឋជន",
    "ar": r"مهرّ?ب|مذنب|آمن|مجرم",
}


#: Titles of headings name things, safety glass among them.
TITLES = frozenset(reference.table("hs_headings")["title"])


def forms(code):
    for message in translating.read(code):
        if message.id and message.id not in TITLES:
            yield from message.string if isinstance(message.string, tuple) else (message.string,)


def test_the_eight_languages_are_offered():
    assert set(language.LANGUAGES) == {"en", "fr", "vi", "th", "zh", "pt", "km", "ar"}
    assert set(OTHERS) == set(translating.PLURALS)


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_has_every_text_translated_with_its_fields(code):
    assert translating.problems(code) == []


@pytest.mark.parametrize("code", OTHERS)
def test_no_catalogue_judges_people_or_clears_goods(code):
    assert [text for text in forms(code) if re.search(FORBIDDEN[code], text, re.IGNORECASE)] == []


def _forms(text):
    return (text,) if isinstance(text, str) else text


def test_english_texts_judge_no_people_and_clear_no_goods():
    english = (
        part for text in translating.messages() for part in ([text] if isinstance(text, str) else text)
    )
    assert [text for text in english if re.search(FORBIDDEN["en"], text, re.IGNORECASE)] == []


@pytest.mark.parametrize("code", OTHERS)
def test_what_is_looked_up_is_what_the_catalogue_says(code):
    """The catalogue in force is compiled from the text people edit: none can be out of step."""
    held = translating.read(code)
    for message in held:
        if message.id and isinstance(message.id, str):
            assert language.gettext(message.id, code) == (message.string or message.id)
    assert not list(files("risk").joinpath("translations").rglob("*.mo"))


@pytest.mark.parametrize("code", OTHERS)
def test_every_plural_form_is_there_and_chosen_by_the_number(code):
    many = int(re.search(r"nplurals=(\d)", translating.PLURALS[code])[1])
    for message in translating.read(code):
        if isinstance(message.id, tuple):
            assert len(message.string) == many
    for n in (0, 1, 2, 3, 11, 100, 101):
        told = locales.counted(str(n), "shipment", code)
        assert told
        # Only one and two may be said without a figure.
        assert str(n) in told or n in (1, 2)


def test_arabic_has_its_dual_and_french_its_singular_of_a_fraction():
    assert locales.counted("2", "package", "ar") == "طردان"
    assert locales.counted("1.5", "day", "fr") == "1,5 jour"
    assert locales.counted("1.5", "day", "ar") == "1.5 يوم"
    assert locales.counted("12,345", "package", "pt").endswith("volumes")


def test_a_text_looked_up_within_an_f_string_is_found():
    source = "f\"<b>{html.escape(_('Bill'))}: {ngettext('{n} row', '{n} rows', n)} {word('_', 'x')}</b>\""
    assert list(translating.within_fields(source)) == ["Bill", ("{n} row", "{n} rows")]


def test_a_catalogue_brought_up_to_date_twice_is_the_same_to_the_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(translating, "FOLDER", tmp_path)
    written = tmp_path / "ar" / "LC_MESSAGES" / "wildcargo.po"
    translating.write(translating.update("ar", translating.read("ar")), "ar")
    first = written.read_bytes()
    monkeypatch.setattr(translating, "source_of", lambda code: first.decode("utf-8"))
    translating.write(translating.update("ar", translating.read("ar")), "ar")
    assert written.read_bytes() == first


def test_problems_are_seen(monkeypatch):
    good = translating.read("fr")
    for message in good:
        if message.id == "under {n}":
            message.string = "moins de {m}"
        if message.id == "Route":
            message.string = ""
        if message.id == "Timing":
            message.flags.add("fuzzy")
        if message.id == "Goods of {heading_named}; declared code {hs_codes}":
            message.string = "{heading_named} {hs_codes}"
    good.delete("Parties")
    good.add("Nobody says this", "Personne ne le dit")
    monkeypatch.setattr(translating, "read", lambda code: good)
    told = "\n".join(translating.problems("fr"))
    assert "other fields: 'under {n}'" in told
    assert "not translated: 'Route'" in told
    assert "not translated: 'Timing'" in told
    assert "another number of clauses" in told
    assert "missing: 'Parties'" in told
    assert "no longer shown: 'Nobody says this'" in told


def test_a_language_asked_for_in_any_form_is_found():
    assert [language.nearest(code) for code in ("pt-BR", "zh_Hant", "FR", "de", "", "../ar")] == [
        *("pt", "zh", "fr", "en", "en", "en")
    ]


def test_arabic_alone_is_written_from_right_to_left():
    assert [each.code for each in language.BY_CODE.values() if each.direction == "rtl"] == ["ar"]


def test_no_language_claims_a_reader_it_did_not_have():
    assert {each.review for code, each in language.BY_CODE.items() if code != "en"} == {"unread"}
    assert "native speaker" in vocabulary.review("th", "en")
    for code in OTHERS:
        assert vocabulary.review(code, code) != vocabulary.review(code, "en")
