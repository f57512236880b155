"""All message formats, and which one a file is."""

from __future__ import annotations

from features.manifest.messages import (
    asycuda,
    cargo_imp,
    cargo_xml,
    cuscar,
    declaration,
    ens,
    itmatt,
    x12_309,
)
from features.manifest.messages.form import Form

#: In the order they are tried.
FORMS: tuple[Form, ...] = (
    asycuda.FORM,
    declaration.FORM,
    cargo_xml.FORM,
    ens.FORM,
    itmatt.FORM,
    cuscar.FORM,
    x12_309.FORM,
    cargo_imp.FORM,
)

BY_NAME: dict[str, Form] = {form.name: form for form in FORMS}


def recognise(head: bytes) -> Form | None:
    """Return the format of a file by its first bytes, or None."""
    return next((form for form in FORMS if form.recognise(head)), None)
