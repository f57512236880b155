"""Taxa as words of one vocabulary, so that a case, a route and a scheme can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

#: Group -> what its members are called in reports, route tables and schemes.
GROUPS: dict[str, str] = {
    "elephant": r"elephant|ivory|mammoth|carved and trophy",
    "pangolin": r"pangolin",
    "rhinoceros": r"rhino(?!ceros beetle)",
    "big_cat": r"\blion|tiger(?! beetle)|leopard(?! tortoise| gecko)|cheetah|big cat|jaguar",
    "bear": r"\bbears?\b|bear (?:bile|paw)",
    "tusk": r"walrus|narwhal|hippo|carved and trophy",
    "antelope": r"saiga|antelope|vicuna|musk.?deer",
    "tortoise": r"tortoise",
    "turtle": r"(?<!sea )(?<!marine )turtle|terrapin|slider",
    "sea_turtle": r"(?:sea|marine) turtle",
    "lizard": r"lizard|gecko|skink|iguana|tegu|bearded|chameleon|\bmonitor|reptile|herp",
    "snake": r"snake|python|cobra|viper|\bboa\b|reptile|herp",
    "crocodile": r"crocod|caiman|alligator(?! lizard)",
    "amphibian": r"frog|amphib|salamander|\btoad|newt",
    "arachnid": r"tarantula|spider|scorpion|arachnid|invert",
    "insect": r"beetle|\bants?\b|isopod|centipede|millipede|katydid|mantis|snail|insect|invert",
    "bird": r"bird|parrot|cockatoo|falcon|mynah|hornbill|\beggs?\b|peafowl",
    "mammal": r"mammal|loris|otter|marmoset|gibbon|fennec|panda|meerkat|hamster|primate|monkey|baboon",
    "eel": r"\beels?\b",
    "fish": r"fighting fish|arowana|ornamental fish|live fish",
    "coral": r"coral|clam|sea fan|\bshells?\b",
    "dried_marine": r"shark|sea ?horse|sea cucumber|\bray\b|manta",
    "abalone": r"abalone",
    "totoaba": r"totoaba|fish maw",
    "timber": r"rosewood|kino|ironwood|ebony|cedrela|\bipe\b|bubinga|afrormosia|ramin|mahogany",
    "red_sanders": r"red sand(?:ers|alwood)",
    "agarwood": r"agarwood|oud",
    "succulent": r"succulent|conophytum|cact|dudleya|cycad",
    "orchid": r"orchid|carnivorous plant",
}


@cache
def groups(text: str) -> frozenset[str]:
    """Return the taxon groups a text names (empty when none is known)."""
    folded = " ".join(text.lower().replace("_", " ").split())
    return frozenset(name for name, pattern in GROUPS.items() if re.search(pattern, folded))


def of_all(names: Iterable[str]) -> frozenset[str]:
    """Return the taxon groups several texts name together."""
    return frozenset().union(*(groups(name) for name in names))
