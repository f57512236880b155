"""No score depends on the script, the language or the bearers of a name."""

import numpy as np
import pandas as pd

from data_samples.simulate import simulate

#: Made-up family and given names, one list a script; each maps one to one onto the others.
FAMILY = {
    "Latin": ["Baker", "Miller", "Turner", "Mason", "Fisher", "Cooper", "Archer", "Potter"],
    "Chinese": ["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙"],
    "Vietnamese": ["Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Trịnh"],
    "Arabic": ["العطار", "النجار", "الحداد", "الخياط", "البناء", "الصياد", "الراعي", "الفخار"],
    "Thai": ["ใจดี", "สุขใจ", "มั่นคง", "รุ่งเรือง", "ทองดี", "แก้วใส", "บุญมา", "ศรีสุข"],
    "Cyrillic": [
        "Мельников",
        "Кузнецов",
        "Гончаров",
        "Рыбаков",
        "Ткачёв",
        "Плотников",
        "Бондарев",
        "Лучников",
    ],
}


def _renamed(table: pd.DataFrame, script: str) -> pd.DataFrame:
    """Give every distinct party a made-up person's name in one script."""
    part = FAMILY[script]
    out = table.copy()
    roles = ("shipper", "consignee", "notify", "broker")
    names = pd.unique(pd.concat([table[f"{role}_name"] for role in roles]).dropna())
    made = {name: " ".join(part[(i // 8**place) % 8] for place in range(4)) for i, name in enumerate(names)}
    for role in roles:
        out[f"{role}_name"] = table[f"{role}_name"].map(made).astype("str")
        for detail in ("address", "id", "phone", "email"):
            if f"{role}_{detail}" in out:
                out[f"{role}_{detail}"] = pd.Series(np.nan, index=out.index, dtype="str")
    return out


def test_names_of_other_scripts_with_the_same_history_change_no_score(engine):
    from features.history import State
    from features.view import prepare

    made = simulate("base", days=110, per_day=12, seed=9, slots_per_day=3)
    rows = made.manifests
    risks = {}
    for script in FAMILY:
        table = _renamed(rows, script)
        late = (table["known_at"] >= table["known_at"].max() - pd.Timedelta(days=8)).to_numpy()
        past = table.loc[~late].reset_index(drop=True)
        state = State.of(prepare(past))
        today = table.loc[late].reset_index(drop=True)
        risks[script] = engine.score(today, state, explain=False).prediction.risk
    for script in FAMILY:
        np.testing.assert_array_equal(risks[script], risks["Latin"], err_msg=script)
