"""Write ``app/land.csv``, the outline of the land drawn under routes.

Run by hand, on the land of Natural Earth (public domain) at 1:110 million in TopoJSON, as the npm package
world-atlas 2.0.2 carries it::

    python benchmarks/reference/build_land.py land-110m.json

Rings are thinned to what a map as wide as a page can show, and written in tenths of degrees.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

OUT = Path(__file__).parents[2] / "app" / "land.csv"
#: Degrees by which a thinned ring may miss the outline.
MISS = 0.15
#: Antarctica is on no route.
SOUTH = -60.0

Ring = list[tuple[float, float]]


def arcs(topology: dict) -> list[Ring]:
    """Return the arcs of a topology in degrees."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        found.append(points)
    return found


def ring(numbers: list[int], known: list[Ring]) -> Ring:
    """Return a ring put together from arcs; a number below zero is an arc from its end."""
    points: Ring = []
    for number in numbers:
        arc = known[number] if number >= 0 else known[~number][::-1]
        points += arc[1:] if points else arc
    return unrolled(points)


def unrolled(points: Ring) -> Ring:
    """Return a ring that goes on beyond 180 degrees where it crosses them."""
    found = points[:1]
    for x, y in points[1:]:
        found.append((x + 360.0 * round((found[-1][0] - x) / 360.0), y))
    return found


def thinned(points: Ring) -> Ring:
    """Return a line with the points left out that lie nearer than `MISS` to it (Douglas, Peucker)."""
    if len(points) < 3:
        return points
    (ax, ay), (bx, by) = points[0], points[-1]
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5

    def away(point: tuple[float, float]) -> float:
        x, y = point
        if length == 0.0:
            return ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5
        return abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length

    far = max(range(1, len(points) - 1), key=lambda place: away(points[place]))
    if away(points[far]) < MISS:
        return [points[0], points[-1]]
    return thinned(points[: far + 1])[:-1] + thinned(points[far:])


def main() -> None:
    """Write the table."""
    topology = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    known = arcs(topology)
    rows = []
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]:
            for numbers in polygon:
                points = thinned(ring(numbers, known))
                if len(points) >= 4 and max(y for _, y in points) > SOUTH:
                    rows.append(" ".join(f"{round(10 * x)} {round(10 * y)}" for x, y in points))
    with OUT.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["ring"], *([row] for row in rows)])
    print(f"{OUT.name}: {len(rows)} rings, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
