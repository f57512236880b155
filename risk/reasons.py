"""Reasons: exact contributions summed into families, as records.

A model's contributions (SHAP values, in log-odds of risk) say how much every feature moved one
shipment away from the average shipment. An officer reads them by family: what speaks for opening
it and what speaks against. Nothing is dropped on the way: the families of a shipment and the base
add up to its margin, which is checked on every row.

Which of a family's features are told. Only those that push the family's own way, with at least a
quarter of the strongest such push (`FAIR`), and that have a sentence for the value. Of these first
the ones whose value is notable (outside `Feature.usual`: a flag that is raised, a weight far from
usual), then ordinary ones, then background (the season), each by contribution. Two at most, of
different topics; the second must be notable or weigh half of the strongest (`HALF`). A flag, a count
or a zero at its usual value may speak against opening, never for it. A value that is not declared, or
not known, is background: there is nothing to check. So an officer reads what can be checked, and a
sentence never rests on a small part of its reason. For the same sake a family that has only background
to tell comes after those that have more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import matrix
from features.registry import FAMILIES, Fact, Feature
from risk import sentences

#: A feature is told when it weighs at least this part of the strongest of its family.
FAIR = 0.25

#: A second feature that is not notable must weigh this part of the strongest.
HALF = 0.5

#: A family that moves the log-odds by less than this is not told among the top reasons (it is in the
#: full breakdown).
SLIGHT = 0.05

#: How well a feature's value is told: not at all, background, ordinary, notable.
UNTOLD, BACKGROUND, ORDINARY, NOTABLE = range(4)

#: How far base and contributions may miss a margin.
ADDITIVE_TO = 1e-9

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class AdditivityError(ArithmeticError):
    """Contributions and base do not add up to the margin."""


@dataclass(frozen=True)
class Reason:
    """Why one shipment's risk is what it is: one family of evidence.

    Attributes
    ----------
    shipment_id : str
    family : str
        Key of `features.registry.FAMILIES`.
    direction : str
        ``raises`` or ``lowers``.
    contribution : float
        Sum over the family's features, log-odds of risk.
    share : float
        Its size as a part of all families' sizes, 0 to 1.
    features : tuple of str
        The features leading it (none when no single value is worth a sentence).
    values : dict
        What the sentence quotes: declared values and what they are compared with.
    sentence_keys : tuple of str
        Keys of the sentences (feature, ``feature.zero`` or ``feature.missing``).
    """

    shipment_id: str
    family: str
    direction: str
    contribution: float
    share: float
    features: tuple[str, ...]
    values: dict[str, object]
    sentence_keys: tuple[str, ...]


def check_additive(contributions: Floats, base: float, margin: Floats) -> None:
    """Check that base and contributions add up to the margin on every row.

    Parameters
    ----------
    contributions : array, shape (n, p)
    base : float
    margin : array, shape (n,)

    Raises
    ------
    AdditivityError
        If they differ by more than 1e-9, or are not finite.
    """
    gap = np.abs(base + _row_sum(contributions) - margin)
    if not np.all(gap <= ADDITIVE_TO):  # also true of NaN
        raise AdditivityError(f"contributions miss the margin by {np.max(gap):.3g} (allowed {ADDITIVE_TO:g})")


def _row_sum(values: Floats) -> Floats:
    """Return sums of rows, column after column: the same bits however many rows there are."""
    total = np.zeros(len(values))
    for column in values.T:
        total += column
    return total


@dataclass(frozen=True)
class Reasons:
    """Reasons of many shipments, one column per family.

    Attributes
    ----------
    families : tuple of str, length f
        Families in order of the registry.
    features : tuple of Feature
        What `leading` counts.
    contribution : array, shape (n, f)
        Log-odds of risk.
    leading : int array, shape (n, f, 2)
        The features that lead the family in its own direction, -1 for none.
    checkable : bool array, shape (n, f)
        Whether the family tells more than background.
    state : int array, shape (n, features)
        Which of the feature's templates speaks of the value (`risk.sentences.STATES`).
    base : float
        Margin of the average shipment.
    """

    families: tuple[str, ...]
    features: tuple[Feature, ...]
    contribution: Floats
    leading: Ints
    checkable: npt.NDArray[np.bool_]
    state: npt.NDArray[np.int8]
    base: float

    def __len__(self) -> int:
        """Return the number of shipments."""
        return len(self.contribution)

    @cached_property
    def share(self) -> Floats:
        """Size of each family as a part of all, shape (n, f), 0 to 1."""
        size = np.abs(self.contribution)
        total = _row_sum(size)
        return size / np.where(total > 0.0, total, 1.0)[:, None]

    def top(self, k: int) -> Ints:
        """Return the families to tell first: what raises the risk, then what lowers it.

        A quarter of the places (from two places on, at least one) is kept for what speaks
        against; places one side cannot fill go to the other. Families under `SLIGHT` are not told.

        Parameters
        ----------
        k : int
            Number of reasons.

        Returns
        -------
        int array, shape (n, k)
            Positions in `families`, raising before lowering, in either what can be checked first,
            then strongest first; -1 for none.
        """
        f = self.contribution.shape[1]
        raising = np.sum(self.contribution >= SLIGHT, axis=1)
        lowering = np.sum(self.contribution <= -SLIGHT, axis=1)
        kept = 0 if k < 2 else max(1, k // 4)
        against = np.minimum(lowering, np.maximum(kept, k - raising))[:, None]
        pro = np.minimum(raising[:, None], k - against)
        slot = np.arange(k)[None, :]
        raises = np.take_along_axis(self._order(1.0), np.clip(slot, 0, f - 1).repeat(len(self), 0), axis=1)
        lowers = np.take_along_axis(self._order(-1.0), np.clip(slot - pro, 0, f - 1), axis=1)
        return np.where(slot < pro, raises, np.where(slot < pro + against, lowers, -1))

    def _order(self, sign: float) -> Ints:
        """Return families in the order they are told in: those that push one way enough come first."""
        push = sign * self.contribution
        later = np.where(push < SLIGHT, 2, np.where(self.checkable, 0, 1))
        strongest = np.argsort(-push, axis=1, kind="stable")
        placed = np.argsort(np.take_along_axis(later, strongest, axis=1), axis=1, kind="stable")
        return np.take_along_axis(strongest, placed, axis=1)


def summarise(
    contributions: Floats,
    columns: Sequence[str],
    base: float,
    margin: Floats,
    frame: pd.DataFrame,
    features: Sequence[Feature],
) -> Reasons:
    """Sum contributions into families and find what leads each.

    Parameters
    ----------
    contributions : array, shape (n, p)
        Log-odds of risk per encoded column.
    columns : sequence of str, length p
        Feature each column belongs to; a feature may have several columns.
    base : float
    margin : array, shape (n,)
    frame : DataFrame, shape (n, ...)
        Feature values.
    features : sequence of Feature
        Registry entries of all features named in ``columns``.

    Raises
    ------
    AdditivityError
        If contributions and base miss the margin.
    """
    check_additive(contributions, base, margin)
    entries = {f.name: f for f in features}
    used = tuple(entries[name] for name in dict.fromkeys(columns))
    per_feature = _merge(contributions, [f.name for f in used], columns)
    state = np.column_stack([sentences.states(frame[f.name], f) for f in used])
    telling = np.stack([_telling(frame[f.name], f, state[:, j]) for j, f in enumerate(used)], axis=1)
    families = tuple(name for name in FAMILIES if any(f.family == name for f in used))
    n = len(contributions)
    total = np.zeros((n, len(families)))
    leading = np.full((n, len(families), 2), -1, dtype=np.int64)
    checkable = np.zeros((n, len(families)), dtype=bool)
    for position, family in enumerate(families):
        members = [j for j, f in enumerate(used) if f.family == family]
        total[:, position] = _row_sum(per_feature[:, members])
        lead, level = _lead(per_feature, telling, used, members, total[:, position])
        leading[:, position], checkable[:, position] = lead, level > BACKGROUND
    return Reasons(families, used, total, leading, checkable, state, float(base))


def _merge(contributions: Floats, names: Sequence[str], columns: Sequence[str]) -> Floats:
    place = {name: j for j, name in enumerate(names)}
    merged = np.zeros((len(contributions), len(names)))
    for j, name in enumerate(columns):
        merged[:, place[name]] += contributions[:, j]
    return merged


def _telling(values: pd.Series, feature: Feature, state: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return how well each value is told where it lowers and where it raises the risk, shape (n, 2)."""
    has_sentence = np.array([bool(text) for text in sentences.templates(feature)])[state]
    notable = sentences.notable(values, feature)
    level = np.where(notable, NOTABLE, BACKGROUND if feature.background else ORDINARY)
    level = np.where(state == sentences.MISSING, BACKGROUND, level).astype(np.int8)
    both = np.where(has_sentence, level, UNTOLD)[:, None].repeat(2, axis=1)
    counted = feature.dtype in ("flag", "count")
    both[~notable & ((state == sentences.ZERO) | (counted & (state != sentences.MISSING))), 1] = UNTOLD
    return both


def _lead(
    contributions: Floats,
    telling: npt.NDArray[np.int8],
    features: Sequence[Feature],
    members: Sequence[int],
    total: Floats,
) -> tuple[Ints, npt.NDArray[np.int8]]:
    """Return the (at most two) features of a family to tell, and how well the first is told."""
    n = len(total)
    sign = np.sign(total)
    weight = contributions[:, members] * sign[:, None]
    largest = np.max(weight, axis=1, initial=0.0)
    level = np.where((sign > 0.0)[:, None], telling[:, members, 1], telling[:, members, 0])
    told = (level > UNTOLD) & (weight > 0.0) & (weight >= FAIR * largest[:, None])
    # Levels are whole numbers; the part of the strongest, below one, orders those of one level.
    worth = np.where(told, level + 0.5 * weight / np.where(largest > 0.0, largest, 1.0)[:, None], 0.0)
    row = np.arange(n)
    best = np.argmax(worth, axis=1)
    topics = np.unique([features[j].topic or features[j].name for j in members], return_inverse=True)[1]
    rest = np.where(topics[None, :] == topics[best][:, None], 0.0, worth)
    # Background beside something to check says nothing.
    rest = np.where((level[row, best] > BACKGROUND)[:, None] & (level == BACKGROUND), 0.0, rest)
    rest = np.where((level < NOTABLE) & (weight < HALF * largest[:, None]), 0.0, rest)
    second = np.argmax(rest, axis=1)
    position = np.asarray(members, dtype=np.int64)
    leads = (
        np.where(worth[row, best] > 0.0, position[best], -1),
        np.where(rest[row, second] > 0.0, position[second], -1),
    )
    return np.column_stack(leads), np.where(leads[0] >= 0, level[row, best], UNTOLD).astype(np.int8)


class Words:
    """Renders the reasons of a batch in one language, and lists them as records.

    Parameters
    ----------
    reasons : Reasons, n shipments
    frame : DataFrame, shape (n, ...)
        Features and facts.
    table : DataFrame, shape (n, ...)
        Shipment table.
    facts : sequence of Fact
    language : str
    zone : str
        Time zone in which times are told; empty: UTC.
    """

    def __init__(
        self,
        reasons: Reasons,
        frame: pd.DataFrame,
        table: pd.DataFrame,
        facts: Sequence[Fact],
        language: str = "en",
        zone: str = "",
    ) -> None:
        if language not in sentences.LANGUAGES:
            raise ValueError(f"unknown language {language!r}; known: {', '.join(sentences.LANGUAGES)}")
        self.reasons = reasons
        self.frame = frame
        self.table = table
        self.language = language
        self.zone = zone
        self.kinds = sentences.fields((*matrix.features(), *reasons.features), facts)

    def texts(self, k: int) -> list[sentences.Texts]:
        """Return ``k`` columns of sentences, shape (n,) each, empty where there are no more reasons."""
        top = self.reasons.top(k)
        columns = [self._column(top[:, slot]) for slot in range(k)]
        if columns:
            columns[0] = np.where(columns[0] == "", sentences.words(self.language)["average"], columns[0])
        return columns

    def records(self, row: int, k: int | None = None) -> list[Reason]:
        """Return the reasons of one shipment: the top ``k``, or all families, strongest first."""
        listed = self.listed(np.array([row]))[0]
        if k is None:
            return listed
        by_family = {reason.family: reason for reason in listed}
        told = [self.reasons.families[f] for f in self.reasons.top(k)[row] if f >= 0]
        return [by_family[family] for family in told if family in by_family]

    def listed(self, rows: Ints | None = None) -> list[list[Reason]]:
        """Return all reasons of shipments (of every one when none are named), strongest first."""
        rows = np.arange(len(self.reasons)) if rows is None else rows
        keys, values = self._quoted(rows)
        contribution = self.reasons.contribution[rows]
        share, ids = self.reasons.share[rows].tolist(), self.table["shipment_id"].iloc[rows].tolist()
        leading = [[[int(j) for j in pair if j >= 0] for pair in row] for row in self.reasons.leading[rows]]
        order = np.argsort(-np.abs(contribution), axis=1, kind="stable")
        return [
            [
                self._record(
                    ids[i], f, contribution[i, f], share[i][f], leading[i][f], keys[i][f], values[i][f]
                )
                for f in order[i].tolist()
                if contribution[i, f] != 0.0
            ]
            for i in range(len(rows))
        ]

    def _quoted(self, rows: Ints) -> tuple[list[list[list[str]]], list[list[dict[str, object]]]]:
        """Return keys and values of the sentences, by row and family; column after column."""
        reasons, families = self.reasons, range(len(self.reasons.families))
        keys: list[list[list[str]]] = [[[] for _ in families] for _ in rows]
        values: list[list[dict[str, object]]] = [[{} for _ in families] for _ in rows]
        for slot in range(reasons.leading.shape[2]):
            lead = reasons.leading[rows, :, slot]
            where, family = np.nonzero(lead >= 0)
            feature = lead[where, family]
            code = feature * len(sentences.STATES) + reasons.state[rows[where], feature]
            for one in np.unique(code):
                here = np.flatnonzero(code == one)
                j, state = divmod(int(one), len(sentences.STATES))
                name = reasons.features[j].name
                fields = sentences.parse(sentences.templates(reasons.features[j])[state]).fields
                cells = list(zip(where[here].tolist(), family[here].tolist(), strict=True))
                for i, f in cells:
                    keys[i][f].append(name + sentences.STATES[state])
                for field in dict.fromkeys((name, *fields)):
                    said = self._source(field, rows[where[here]])
                    plain = said.astype("object").where(said.notna(), None).tolist()
                    for (i, f), value in zip(cells, plain, strict=True):
                        values[i][f][field] = value
        return keys, values

    def _record(
        self,
        shipment_id: str,
        family: int,
        contribution: float,
        share: float,
        leads: list[int],
        keys: list[str],
        values: dict[str, object],
    ) -> Reason:
        reasons = self.reasons
        return Reason(
            shipment_id=str(shipment_id),
            family=reasons.families[family],
            direction="raises" if contribution > 0 else "lowers",
            contribution=float(contribution),
            share=share,
            features=tuple(reasons.features[j].name for j in leads),
            values=values,
            sentence_keys=tuple(keys),
        )

    def sentence(self, row: int, family: str) -> str:
        """Return the sentence of one family for one shipment (without its direction)."""
        position = self.reasons.families.index(family)
        return str(self._plain(np.array([row]), np.array([position]))[0])

    def of_feature(self, row: int, feature: str) -> str:
        """Return the sentence of one feature for one shipment, empty where its value has none."""
        position = next(j for j, f in enumerate(self.reasons.features) if f.name == feature)
        return str(self._leading(np.array([row]), np.array([position]))[0])

    def _column(self, family: Ints) -> sentences.Texts:
        rows = np.flatnonzero(family >= 0)
        text = np.full(len(family), "", dtype=object)
        if not len(rows):
            return text
        plain = self._plain(rows, family[rows])
        against = self.reasons.contribution[rows, family[rows]] < 0.0
        text[rows] = np.where(against, sentences.words(self.language)["against"], "") + plain
        return text

    def _plain(self, rows: Ints, family: Ints) -> sentences.Texts:
        first = self._leading(rows, self.reasons.leading[rows, family, 0])
        second = self._leading(rows, self.reasons.leading[rows, family, 1])
        raises = (self.reasons.contribution[rows, family] > 0.0).astype(int)
        first = np.where(first == "", self._general[family, raises], first)
        for row in np.flatnonzero((second != "") & (second != first)):
            first[row] = sentences.merge(first[row], second[row], self.language)
        return first

    @cached_property
    def _general(self) -> sentences.Texts:
        """What is said of a family without a telling value: lowering and raising, shape (f, 2)."""
        texts = np.empty((len(self.reasons.families), 2), dtype=object)
        for row, name in enumerate(self.reasons.families):
            for column, raises in enumerate((False, True)):
                texts[row, column] = sentences.general(name, raises=raises, language=self.language)
        return texts

    def _leading(self, rows: Ints, feature: Ints) -> sentences.Texts:
        text = np.full(len(rows), "", dtype=object)
        state = np.where(feature >= 0, self.reasons.state[rows, np.maximum(feature, 0)], 0)
        key = np.where(feature >= 0, feature * len(sentences.STATES) + state, -1)
        for one in np.unique(key[key >= 0]):
            here = np.flatnonzero(key == one)
            j, s = divmod(int(one), len(sentences.STATES))
            template = sentences.template(sentences.templates(self.reasons.features[j])[s], self.language)
            picked = rows[here]
            text[here] = sentences.render(
                template,
                lambda name, picked=picked: self._source(name, picked),  # type: ignore[misc]
                len(here),
                sentences.judged(self.kinds, self.reasons.features[j].name),
                self.language,
                self.zone,
            )
        return text

    def _source(self, name: str, rows: Ints) -> pd.Series:
        owner = self.frame if name in self.frame else self.table
        if name not in owner:
            return pd.Series(np.nan, index=range(len(rows)))
        return owner[name].iloc[rows]
