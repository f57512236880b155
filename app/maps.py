"""A route drawn on the land, from our own small outline: nothing is asked of another machine.

The outline (`land.csv`) is the land of Natural Earth at 1:110 million, which is in the public domain, thinned
by ``benchmarks/reference/build_land.py``. It shows no borders. The line joins the places in their order; it
is not the way a vessel or an aircraft took.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

#: Size of a map in its own units; the page makes it as wide as there is room.
WIDTH, HEIGHT = 900.0, 420.0
#: Degrees shown at least, so that two places of one town do not fill the world.
LEAST: Final = 40.0
#: Part of the route's size left free around it.
_ROOM: Final = 0.18
_NORTH, _SOUTH = 84.0, -60.0
#: A route that goes further round is drawn on one world, from date line to date line.
_ROUND: Final = 300.0
#: Letters of a name written on a map; the table below it has the whole.
_NAME: Final = 24
#: Where a name may stand beside its place: x, y, and which end of it.
_BESIDE: Final = ((13, 5, "start"), (-13, 5, "end"), (0, -15, "middle"), (0, 25, "middle"))
#: Measures of a letter, to tell where names would cover each other.
_WIDE, _TALL = 8.2, 18.0

_STYLE: Final = (
    ".sea{fill:#e6edf2}.land{fill:#c9c1ab;stroke:#8d8670;stroke-width:.5}.way{fill:none;stroke:#7a1f0b;"
    "stroke-width:2.5;stroke-dasharray:7 4}.stop{fill:#fff;stroke:#7a1f0b;stroke-width:2.5}"
    ".number{font:700 12px sans-serif;fill:#3b0d02;text-anchor:middle}"
    ".name{font:600 14px sans-serif;fill:#16232e;paint-order:stroke;stroke:#fff;stroke-width:4px}"
)


@dataclass(frozen=True)
class Stop:
    """A place of a route.

    Attributes
    ----------
    name : str
        Written beside it; from the gazetteer, or what was declared.
    lat, lon : float
        Degrees.
    number : int
        As in the table beside the map; 0 takes its place in the order.
    """

    name: str
    lat: float
    lon: float
    number: int = 0


@dataclass(frozen=True)
class _Frame:
    """What part of the world is shown: degrees at the left and at the top, and units per degree."""

    west: float
    north: float
    scale: float
    #: Degrees of longitude are shorter away from the equator.
    squeeze: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        return (lon - self.west) * self.scale * self.squeeze, (self.north - lat) * self.scale

    @property
    def east(self) -> float:
        return self.west + WIDTH / self.scale / self.squeeze

    @property
    def south(self) -> float:
        return self.north - HEIGHT / self.scale


def route(stops: Sequence[Stop], alt: str) -> str:
    """Return a map of a route as SVG, empty without places.

    Parameters
    ----------
    stops : sequence of Stop
        In the order they are passed; a place passed twice in a row stands once.
    alt : str
        What the map shows, for who does not see it.

    Returns
    -------
    str
        One ``svg`` element; every text in it is escaped.
    """
    stops = [each for each in stops if math.isfinite(each.lat) and math.isfinite(each.lon)]
    if not stops:
        return ""
    lons = unrolled([each.lon for each in stops])
    if max(lons) - min(lons) > _ROUND:
        lons = [each.lon for each in stops]
    lats = [min(max(each.lat, _SOUTH), _NORTH) for each in stops]
    frame = _framed(lons, lats)
    points = [frame.at(lon, lat) for lon, lat in zip(lons, lats, strict=True)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" '
        f'width="{WIDTH:.0f}" height="{HEIGHT:.0f}">',
        f"<title>{html.escape(alt)}</title><style>{_STYLE}</style>",
        f'<rect class="sea" width="{WIDTH:.0f}" height="{HEIGHT:.0f}"/>',
        f'<path class="land" d="{_land(frame)}"/>',
    ]
    parts += [_leg(a, b) for a, b in pairwise(points) if a != b]
    parts += _marks(stops, points)
    return "".join([*parts, "</svg>"])


def unrolled(lons: Sequence[float]) -> list[float]:
    """Return longitudes such that each lies less than half the world from the one before it.

    Examples
    --------
    >>> unrolled([170.0, -170.0, -120.0])
    [170.0, 190.0, 240.0]
    """
    found: list[float] = []
    for lon in lons:
        if found:
            lon += 360.0 * round((found[-1] - lon) / 360.0)
        found.append(lon)
    return found


def _framed(lons: Sequence[float], lats: Sequence[float]) -> _Frame:
    middle = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    squeeze = max(0.5, math.cos(math.radians(middle[1])))
    wide = max((max(lons) - min(lons)) * (1 + 2 * _ROOM), LEAST)
    tall = max((max(lats) - min(lats)) * (1 + 2 * _ROOM), LEAST * HEIGHT / WIDTH)
    scale = min(WIDTH / (wide * squeeze), HEIGHT / tall)
    scale = max(scale, WIDTH / (360.0 * squeeze))
    north = middle[1] + HEIGHT / scale / 2
    if HEIGHT / scale < _NORTH - _SOUTH:
        north = max(min(north, _NORTH), _SOUTH + HEIGHT / scale)
    return _Frame(middle[0] - WIDTH / scale / squeeze / 2, north, scale, squeeze)


@cache
def _rings() -> tuple[tuple[tuple[float, float], ...], ...]:
    lines = files("app").joinpath("land.csv").read_text("utf-8").splitlines()
    return tuple(_ring(line) for line in lines[1:])


def _ring(text: str) -> tuple[tuple[float, float], ...]:
    numbers = [int(each) / 10.0 for each in text.split()]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _land(frame: _Frame) -> str:
    """Return the rings in the frame as one path; the world goes on to both sides."""
    parts = []
    for ring in _rings():
        lats = [lat for _, lat in ring]
        if max(lats) < frame.south or min(lats) > frame.north:
            continue
        low, high = min(lon for lon, _ in ring), max(lon for lon, _ in ring)
        first, last = math.ceil((frame.west - high) / 360.0), math.floor((frame.east - low) / 360.0)
        for turn in range(first, last + 1):
            points = (frame.at(lon + 360.0 * turn, lat) for lon, lat in ring)
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(parts)


def _leg(a: tuple[float, float], b: tuple[float, float]) -> str:
    """Return a slightly bent line: two legs there and back do not cover each other."""
    (ax, ay), (bx, by) = a, b
    x, y = (ax + bx) / 2 - (by - ay) * 0.1, (ay + by) / 2 - abs(bx - ax) * 0.1
    return f'<path class="way" d="M{ax:.1f} {ay:.1f}Q{x:.1f} {y:.1f} {bx:.1f} {by:.1f}"/>'


def _marks(stops: Sequence[Stop], points: Sequence[tuple[float, float]]) -> list[str]:
    """Return a circle with its number per place, and its name where it covers no other."""
    at: dict[tuple[int, int], list[int]] = {}
    for number, (x, y) in enumerate(points, start=1):
        at.setdefault((round(x / 10), round(y / 10)), []).append(number)
    taken = [(x - 12, y - 12, x + 12, y + 12) for x, y in points]
    parts = []
    for numbers in at.values():
        x, y = points[numbers[0] - 1]
        told = ", ".join(str(stops[number - 1].number or number) for number in numbers)
        half = max(10.0, 4.0 * len(told) + 4)
        parts.append(
            f'<rect class="stop" x="{x - half:.1f}" y="{y - 10:.1f}" width="{2 * half:.1f}" height="20"'
            f' rx="10"/>'
            f'<text class="number" x="{x:.1f}" y="{y + 4:.1f}">{told}</text>'
        )
        names = dict.fromkeys(stops[number - 1].name for number in numbers)
        parts.append(_named(" / ".join(names)[:_NAME], x, y, half, taken))
    return parts


def _named(name: str, x: float, y: float, half: float, taken: list[tuple[float, float, float, float]]) -> str:
    wide = _WIDE * len(name)
    for side, dy, anchor in _BESIDE:
        dx = math.copysign(abs(side) + half - 8, side) if side else 0.0
        left = x + dx - {"start": 0.0, "end": wide, "middle": wide / 2}[anchor]
        box = (left, y + dy - _TALL, left + wide, y + dy + 4)
        inside = box[0] >= 0 and box[2] <= WIDTH and box[1] >= 0 and box[3] <= HEIGHT
        if inside and not any(_meet(box, other) for other in taken):
            taken.append(box)
            return (
                f'<text class="name" x="{x + dx:.1f}" y="{y + dy:.1f}" text-anchor="{anchor}" '
                f'direction="ltr">{html.escape(name)}</text>'
            )
    return ""


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
