"""Make the fonts of prints (``app/fonts``) from Debian's packages ``fonts-noto-core`` and ``fonts-noto-cjk``.

    python -m benchmarks.reference.paper_fonts

Noto is under the SIL Open Font License 1.1 (``app/fonts/OFL.txt``), which lets subsets travel with a program.
What is kept: the letters of the app's languages, of Cyrillic and Greek, signs; Chinese as GB 2312 and Big 5
have it, Japanese as Shift JIS has it and Korean syllables of KS X 1001, in one weight; and the scripts of
neighbouring trade in one weight. Hints are left out: paper needs none.
"""

from __future__ import annotations

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

NOTO = Path("/usr/share/fonts/truetype/noto")
CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
#: Simplified Chinese within the collection.
CJK_SC = 2
FOLDER = Path(__file__).parents[2] / "app" / "fonts"

#: Spaces too: text is set with the spaces of the font its letters are in.
JOINERS = "20,a0,2009,200b-200f,202f,25cc"
LATIN = "20-7e,a0-52f,1e00-1eff,2000-2bff,fb00-fb06,fffd"
BOTH_WEIGHTS = {
    "NotoSans": LATIN,
    "NotoSansArabic": f"600-6ff,750-77f,8a0-8ff,fb50-fdff,fe70-feff,{JOINERS}",
    "NotoSansThai": f"e00-e7f,{JOINERS}",
    "NotoSansKhmer": f"1780-17ff,19e0-19ff,{JOINERS}",
}
ONE_WEIGHT = {
    "NotoSansLao": f"e80-eff,{JOINERS}",
    "NotoSansMyanmar": f"1000-109f,{JOINERS}",
    "NotoSansDevanagari": f"900-97f,{JOINERS}",
    "NotoSansBengali": f"980-9ff,{JOINERS}",
    "NotoSansTamil": f"b80-bff,{JOINERS}",
    "NotoSansSymbols2": f"2190-21ff,2500-2bff,{JOINERS}",
}
#: Character sets: their encoding, first and last lead byte, first and last trail byte.
SETS = (
    ("gb2312", 0xA1, 0xF7, 0xA1, 0xFE),
    ("big5", 0xA1, 0xC6, 0x40, 0xFE),
    ("shift_jis", 0x81, 0x97, 0x40, 0xFC),
    ("euc_kr", 0xB0, 0xC8, 0xA1, 0xFE),
)


def of_ranges(text: str) -> set[int]:
    """Return the code points of ranges in hexadecimal."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


def of_set(encoding: str, lead: int, last_lead: int, trail: int, last_trail: int) -> set[int]:
    """Return the code points of a double-byte character set."""
    found: set[int] = set()
    for a in range(lead, last_lead + 1):
        for b in range(trail, last_trail + 1):
            found |= {ord(sign) for sign in bytes((a, b)).decode(encoding, "ignore")}
    return found


def make(source: Path, name: str, points: set[int], number: int = -1) -> None:
    """Write one font with the characters asked for; the same packages give the same bytes."""
    options = subset.Options()
    options.hinting, options.glyph_names, options.notdef_outline = False, False, True
    options.layout_features = [] if number >= 0 else ["*"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    font = TTFont(source, fontNumber=number, lazy=True, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=sorted(points))
    cutter.subset(font)
    font.flavor = "woff2"
    path = FOLDER / f"{name}.woff2"
    font.save(path)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, {len(font.getGlyphOrder())} glyphs")


def main() -> None:
    """Write all fonts."""
    for name, ranges in BOTH_WEIGHTS.items():
        for weight in ("Regular", "Bold"):
            make(NOTO / f"{name}-{weight}.ttf", f"{name}-{weight}", of_ranges(ranges))
    for name, ranges in ONE_WEIGHT.items():
        make(NOTO / f"{name}-Regular.ttf", f"{name}-Regular", of_ranges(ranges))
    east = of_ranges("20,a0,2009,202f,3000-30ff,ff00-ffef").union(*(of_set(*each) for each in SETS))
    make(CJK, "NotoSansCJKsc-Regular", east, CJK_SC)


if __name__ == "__main__":
    main()
