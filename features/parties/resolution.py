"""Which names are one party.

Every name links to at most one name first seen *strictly earlier*, or to none. Linked names are
one party. Because a link looks only back and never changes, what a name inherits depends on the
past alone, and the links of a merged register are the same whatever order it was put together in.

Grounds for a link, strongest first: the same registration number; the same or a similar name
together with the same address, telephone or e-mail; for organisations without a number, the same
distinctive name, or one that differs by a single slip, with compatible legal forms. A name without a sign of
an organisation never links by the name alone, in any script. Conflicting registration numbers
never link, and where two names with different numbers reach the same older name at the same
moment, each keeps its own past from then on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from features.parties import candidates, similarity
from features.parties.names import UNSPACED

#: Grounds for a link, weakest first; the position is its strength.
GROUNDS = (
    "",
    "similar name, nothing else to compare",
    "same name, another address",
    "same name, nothing else to compare",
    "similar name, same e-mail",
    "similar name, same telephone number",
    "similar name, same address",
    "same name, same e-mail",
    "same name, same telephone number",
    "same name, same address",
    "same registration number",
)
#: Columns of kept links; ``link`` is the key of the earlier name, 0 for none.
LINK_COLUMNS = ("key", "first_seen", "link", "ground")
_OPEN = -2
_NAME_ONLY = 3
_SIMILAR = 0.8
_SAME_NATIVE = 85.0
_CLOSE = 93.0
_SHORTEST_SIMILAR = 12
_SHORT_ID = 8


@dataclass(frozen=True)
class Parties:
    """Names with the parties they belong to.

    Attributes
    ----------
    key : ndarray of int64, shape (m,)
        Keys of the names, ascending.
    party : ndarray of int64, shape (m,)
        Number of the party of each name.
    link : ndarray of int64, shape (m,)
        Position of the earlier name it links to, or -1.
    ground : ndarray of int64, shape (m,)
        Position in `GROUNDS`.
    also : dict of int to tuple of int
        Parties that share the past of a party (names that stood under it before two conflicting
        registration numbers parted it).
    """

    key: np.ndarray
    party: np.ndarray
    link: np.ndarray
    ground: np.ndarray
    also: dict[int, tuple[int, ...]]

    def links(self, first_seen: np.ndarray) -> pd.DataFrame:
        """Return the links in columns `LINK_COLUMNS`, to be kept and handed to `resolve` again."""
        linked = np.append(self.key, 0)[self.link]
        values = (self.key, first_seen, linked, self.ground)
        return pd.DataFrame({c: np.asarray(v, np.int64) for c, v in zip(LINK_COLUMNS, values, strict=True)})


def resolve(names: pd.DataFrame, first_seen: np.ndarray, known: pd.DataFrame | None = None) -> Parties:
    """Link the names of a register.

    Parameters
    ----------
    names : DataFrame, shape (m, ...)
        Table of names sorted by key (`features.parties.identity`).
    first_seen : ndarray of int64, shape (m,)
        When each name was first seen.
    known : DataFrame, optional
        Links of a part of the same register (`Parties.links`). Those that no other name can have
        changed are taken over; the result is the same with and without.
    """
    order = np.lexsort((names["key"].to_numpy(), first_seen))
    ordered, seen = names.take(order).reset_index(drop=True), first_seen[order]
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    link, why = _taken_over(names["key"].to_numpy(), first_seen, back, known)
    later, earlier, ground, closeness = _grounded(ordered, seen, link == _OPEN)
    rank = np.lexsort((earlier, -closeness, -ground, later))
    columns = (later[rank].tolist(), earlier[rank].tolist(), ground[rank].tolist())
    pairs = list(zip(*columns, strict=True))
    root, number = _link(pairs, ordered["id"].tolist(), seen.tolist(), link, why)
    party, also = _numbered(root, number)
    return Parties(
        key=names["key"].to_numpy(),
        party=party[back],
        link=np.where(link >= 0, order[link], -1)[back] if len(order) else link,
        ground=why[back],
        also=also,
    )


def _taken_over(
    key: np.ndarray, seen: np.ndarray, back: np.ndarray, known: pd.DataFrame | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return links and grounds that stand already, by position in the order of time; `_OPEN` elsewhere.

    A link rests on names seen strictly earlier than its own, so it stands if none of them is new or
    is now known to have been seen at another time.
    """
    link, why = np.full(len(key), _OPEN, dtype=np.int64), np.zeros(len(key), dtype=np.int64)
    if known is None or not len(known) or not np.isin(known["key"], key).all():
        return link, why
    place = np.searchsorted(key, known["key"].to_numpy())
    before = np.full(len(key), np.iinfo(np.int64).max)
    before[place] = known["first_seen"].to_numpy()
    changed = before != seen
    border = np.minimum(seen, before)[changed].min(initial=np.iinfo(np.int64).max)
    stands = (~changed & (seen <= border))[place]
    held = known[stands]
    mate = held["link"].to_numpy()
    link[back[place[stands]]] = np.where(
        mate == 0, -1, back[np.searchsorted(key, np.where(mate == 0, key[0], mate))]
    )
    why[back[place[stands]]] = held["ground"].to_numpy()
    return link, why


def _grounded(
    names: pd.DataFrame, seen: np.ndarray, asked: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs with a ground for a link: later, earlier, ground, closeness of the names."""
    later, earlier = candidates.pairs(names, seen, asked)
    columns = {column: names[column].to_numpy(dtype=object) for column in names.columns}
    number = columns["id"]
    conflict = (number[later] != "") & (number[earlier] != "") & (number[later] != number[earlier])
    later, earlier = later[~conflict], earlier[~conflict]
    shares = {
        column: (columns[column][later] == columns[column][earlier]) & (columns[column][later] != "")
        for column in ("id", "address", "phone", "email")
    }
    supported = shares["id"] | shares["address"] | shares["phone"] | shares["email"]
    firms = columns["organisation"][later].astype(bool) & columns["organisation"][earlier].astype(bool)
    core = columns["core"]
    alone = np.flatnonzero(firms & ~supported)
    near = _near(core[later[alone]], core[earlier[alone]])
    pairs = np.sort(np.concatenate([np.flatnonzero(supported), alone[near]]))
    needed = {
        w for i in (*set(later[pairs].tolist()), *set(earlier[pairs].tolist())) for w in core[i].split()
    }
    register = similarity.Register(core.tolist(), seen, needed)
    judge = _Judge(columns, seen, register)
    strength = np.zeros(len(later), dtype=np.int64)
    closeness = np.zeros(len(later))
    for pair in pairs.tolist():
        shared = tuple(column for column, same in shares.items() if same[pair])
        strength[pair], closeness[pair] = judge.ground(int(later[pair]), int(earlier[pair]), shared)
    kept = strength > 0
    return later[kept], earlier[kept], strength[kept], closeness[kept]


def _near(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Say which cores are close enough to be looked at without any other support."""
    ratio = process.cpdist(one, other, scorer=fuzz.ratio, score_cutoff=_CLOSE)
    sorted_words = process.cpdist(one, other, scorer=fuzz.token_sort_ratio, score_cutoff=99.0)
    return (ratio > 0) | (sorted_words > 0)


@dataclass(frozen=True)
class _Judge:
    columns: dict[str, np.ndarray]
    seen: np.ndarray
    register: similarity.Register

    def ground(self, later: int, earlier: int, shared: tuple[str, ...]) -> tuple[int, float]:
        """Return the ground for a link and how close the names are (0 to 1)."""
        core, number = self.columns["core"], self.columns["id"]
        one, other = core[later], core[earlier]
        if "id" in shared and (len(number[later]) >= _SHORT_ID or fuzz.token_set_ratio(one, other) >= 50.0):
            return len(GROUNDS) - 1, 1.0
        same, closeness = self._compare(later, earlier)
        for position, column in enumerate(("email", "phone", "address")):
            if column in shared and closeness > _SIMILAR:
                best = max(i for i, c in enumerate(("email", "phone", "address")) if c in shared)
                return (7 if same else 4) + max(position, best), closeness
        if shared or not self._may_rest_on_name(later, earlier):
            return 0, closeness
        return self._name_only(later, earlier, same), closeness

    def _compare(self, later: int, earlier: int) -> tuple[bool, float]:
        """Say whether two names are the same, and how close they are."""
        core, native = self.columns["core"], self.columns["native"]
        one, other = native[later], native[earlier]
        if one == other:
            return True, 1.0
        if UNSPACED.search(one) and UNSPACED.search(other):
            # Sounds written in Latin letters are shared by many different characters.
            sound = core[later].replace(" ", "") == core[earlier].replace(" ", "")
            ratio = fuzz.ratio(one.replace(" ", ""), other.replace(" ", ""))
            return False, 0.9 if sound else (ratio / 100.0 if ratio > _SAME_NATIVE else 0.0)
        closeness = similarity.weighted(core[later], core[earlier], int(self.seen[later]), self.register)
        return closeness > 1.0 - 1e-9 and not (UNSPACED.search(one) or UNSPACED.search(other)), closeness

    def _may_rest_on_name(self, later: int, earlier: int) -> bool:
        """Say whether the names alone may join: two organisations, neither with a number of its own.

        Where a number is known it decides; a namesake without one is no evidence.
        """
        both = self.columns["organisation"][later] and self.columns["organisation"][earlier]
        if not both or self.columns["id"][later] or self.columns["id"][earlier]:
            return False
        forms = [set(self.columns["legal"][i].split(";")) - {"", "generic"} for i in (later, earlier)]
        return not forms[0] or not forms[1] or bool(forms[0] & forms[1])

    def _name_only(self, later: int, earlier: int, same: bool) -> int:
        core, address = self.columns["core"], self.columns["address"]
        distinctive = self.register.distinctive(core[later], int(self.seen[later]))
        elsewhere = bool(address[later]) and bool(address[earlier])
        if same:
            return 0 if distinctive < (2 if elsewhere else 1) else (2 if elsewhere else 3)
        if UNSPACED.search(self.columns["native"][later] + self.columns["native"][earlier]):
            return 0  # one sign more or less is another name
        one, other = core[later], core[earlier]
        close = len(one) >= _SHORTEST_SIMILAR and fuzz.ratio(one, other) >= _CLOSE
        return int(distinctive > 0 and not elsewhere and close and similarity.slip_only(one, other))


def _link(
    pairs: list[tuple[int, int, int]], number: list[str], seen: list[int], link: np.ndarray, why: np.ndarray
) -> tuple[list[int], list[str]]:
    """Choose each open name's link in the order of time; pairs come best first for every name.

    Fills `link` and `why`. Returns the first name of each name's party and the registration number
    a name stands under (its own, else that of the name it links to).
    """
    root, under = list(range(len(number))), list(number)
    numbers: dict[int, dict[str, int]] = {}  # first name of a party -> numbers with first time
    position = 0
    for name, standing in enumerate(link.tolist()):
        mate = standing
        if standing == _OPEN:
            start = position
            while position < len(pairs) and pairs[position][0] == name:
                position += 1
            mate = -1
            for _, earlier, ground in _choices(pairs[start:position], root):
                held = numbers.get(root[earlier], {})
                if number[name] and any(n != number[name] and at < seen[name] for n, at in held.items()):
                    continue
                mate, why[name] = earlier, ground
                break
            link[name] = mate
        if mate >= 0:
            root[name], under[name] = root[mate], number[name] or under[mate]
        if number[name]:
            numbers.setdefault(root[name], {}).setdefault(number[name], seen[name])
    return root, under


def _choices(pairs: list[tuple[int, int, int]], root: list[int]) -> list[tuple[int, int, int]]:
    """Leave out name-only links where they would fit several parties."""
    if not pairs or pairs[0][2] > _NAME_ONLY:
        return [pair for pair in pairs if pair[2] > _NAME_ONLY]
    return pairs if len({root[earlier] for _, earlier, _ in pairs}) == 1 else []


def _numbered(root: list[int], under: list[str]) -> tuple[np.ndarray, dict[int, tuple[int, ...]]]:
    """Give each party a number; several registration numbers part a root."""
    frame = pd.DataFrame({"root": np.array(root, dtype=np.int64), "under": np.array(under, dtype=object)})
    with_number = frame[frame["under"] != ""].drop_duplicates()
    counts = with_number["root"].value_counts()
    parted = set(counts.index[counts > 1].tolist())
    labels: dict[tuple[int, str], int] = {}
    also: dict[int, list[int]] = {}
    party = frame["root"].to_numpy(copy=True)
    next_number = len(frame)
    for position in np.flatnonzero(frame["root"].isin(parted).to_numpy() & (frame["under"] != "").to_numpy()):
        first, number = root[position], under[position]
        if (first, number) not in labels:
            labels[first, number] = next_number
            also.setdefault(first, []).append(next_number)
            next_number += 1
        party[position] = labels[first, number]
    return party, {first: tuple(others) for first, others in also.items()}
