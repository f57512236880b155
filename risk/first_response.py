"""What to do at once where wildlife is found: first steps and protective equipment, by kind of animal.

Outlined after the placement guidelines of IUCN (2000, 2019), advice of WHO and CDC on bites and hygiene, and
common husbandry practice, as of 2026-11. Rodents: CDC, "Hantavirus Pulmonary Syndrome: Updated
Recommendations for Risk Reduction", MMWR 51 (RR-9), 2002, and its advice on cleaning up (droppings are wetted
with disinfectant, never swept dry). Bats: Texas A&M AgriLife, "Preventing rabies transmission" (gloves,
people who were vaccinated), and the 15 minutes of washing that WHO and CDC advise, as for monkeys. No vet and
no rescue centre has signed it off: pages say so.
"""

from __future__ import annotations

from typing import Final

from risk.language import N_
from risk.taxa import taxa

BASIS: Final = N_(
    "General advice after IUCN and WHO. No vet and no rescue centre has checked it for this port yet."
)

#: Before anything else.
STOP: Final = N_("Step back if it leaks, smells of decay, or a sign on it warns of gas.")

#: Where live animals are found, in order; whom to call comes after the first.
LIVE: Final = (
    N_("Do not reach in with bare hands. Let air in. Keep others away. Take a photo before moving anything."),
    N_("Move the crate to a quiet, shaded place, out of sun and draught. Keep kinds of animals apart."),
    N_(
        "Reptiles 24 to 30 °C, birds and mammals 18 to 26 °C, frogs cool and moist, fish in their own water "
        "with air."
    ),
    N_("Water in a shallow dish or as mist. Do not feed, bathe, release or mix them, nor show them online."),
    N_(
        "Evidence: seal and container numbers, how many live and dead, a photo of each box with a scale, "
        "weights, two signatures."
    ),
    N_("Where the animals go is for the CITES management authority to say."),
    N_("Afterwards: wash hands, bag gloves and gowns, disinfect, write down bites and scratches."),
)

#: Where products are found.
PRODUCTS: Final = (
    N_("Leave it as it lies. Take a photo before moving anything. Keep others away."),
    N_("Evidence: seal and container numbers, a photo of each package with a scale, weight, two signatures."),
    N_("Afterwards: wash hands, bag gloves and gowns, disinfect, write down bites and scratches."),
)

#: Protective equipment by kind of animal; ``""``: nobody knows yet what it is.
GEAR: Final[dict[str, str]] = {
    "": N_("Not known what it is: gloves, gown, FFP2 mask and eye protection."),
    "primates": N_(
        "Monkeys and apes: gloves, gown, FFP2 mask and eye protection. Never hold one by hand. After a bite "
        "or scratch wash for 15 minutes and see a doctor at once."
    ),
    "carnivores": N_("Cats, civets, otters, bears: thick gloves, a net or crush cage; FFP2 mask if many."),
    "bats": N_(
        "Bats: two pairs of gloves, FFP2 mask and eye protection. Only who is vaccinated against rabies "
        "handles them. After a bite, scratch or saliva on skin wash for 15 minutes and see a doctor at once."
    ),
    "rodents": N_(
        "Rats, squirrels, hares: gloves and FFP2 mask. Do not sweep droppings dry: wet them with "
        "disinfectant first. After a bite wash and see a doctor."
    ),
    "pangolins": N_("Pangolins: gloves and mask. Look for ticks. Keep them quiet and dark."),
    "birds": N_("Birds: FFP2 mask and eye protection, fresh air. Do not stack crates. Away from poultry."),
    "reptiles": N_("Reptiles: gloves, wash hands. Treat every snake as venomous. Look for ticks."),
    "amphibians": N_("Frogs and salamanders: moist gloves without powder."),
    "water": N_("Fish and other water animals: waterproof gloves."),
    "small": N_("Spiders, scorpions, insects, snails: gloves, tubs that close tightly."),
}
GEAR_PRODUCTS: Final = (
    N_("Skins, meat, blood, feathers: mask and gloves. Do not shake them. Do not open leaking bags."),
    N_("Dried goods (scales, horn, ivory, bone): mask and gloves. Air the container for 30 minutes."),
)

#: Group of a taxon (`risk.taxa`) -> kind of `GEAR`; what is in neither is treated as not known.
_KINDS: Final = {
    "primate": "primates",
    **dict.fromkeys(("big_cat", "bear", "otter"), "carnivores"),
    "pangolin": "pangolins",
    **dict.fromkeys(("bird", "hornbill"), "birds"),
    **dict.fromkeys(("reptile", "turtle", "sea_turtle", "crocodile"), "reptiles"),
    "amphibian": "amphibians",
    **dict.fromkeys(("fish", "eel", "seahorse", "shark", "coral", "giant_clam", "sea_cucumber"), "water"),
    **dict.fromkeys(("invertebrate", "mollusc"), "small"),
}
_BY_NAME: Final = {
    "Viverridae": "carnivores",
    **dict.fromkeys(("Chiroptera", "Pteropus"), "bats"),
    **dict.fromkeys(("Rodentia", "Lagomorpha"), "rodents"),
    "Aves": "birds",
    "Reptilia": "reptiles",
    "Actinopterygii": "water",
}


def gear(found: tuple[str, ...]) -> tuple[str, ...]:
    """Return what to wear for live animals of some taxa (scientific names), each text once.

    What is not in the table, or nothing, asks for what protects from most.
    """
    groups = {each.scientific: each.group for each in taxa()}
    kinds = [_BY_NAME.get(name) or _KINDS.get(groups.get(name, ""), "") for name in found] or [""]
    return tuple(dict.fromkeys(GEAR[kind] for kind in kinds))
