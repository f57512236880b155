"""A field for files whose limits are said in the language of who looks.

Streamlit writes on such a field in English alone. Its limits are hidden and told below as text. The word on
the button is not seen but stays for readers of screens, who hear it before that of the style sheet: not
every one reads those.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.words import _, number

_STYLE = """
[data-testid="stFileUploaderDropzoneInstructions"] { display: none; }
[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-secondary"] p { font-size: 0; }
[data-testid="stFileUploaderDropzone"] [data-testid="stBaseButton-secondary"]
  [data-testid="stMarkdownContainer"]::after { content: %s; }
"""


def style() -> str:
    """Return what hides the English words and puts others on the button."""
    return _STYLE % quoted(_("Choose files"))


def quoted(text: str) -> str:
    r"""Return a text as a style sheet quotes it.

    Examples
    --------
    >>> quoted('a "b" </style>')
    '"a \\22 b\\22  \\3c /style>"'
    """
    inner = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', "\\22 ")
    return f'"{inner.replace("<", chr(92) + "3c ")}"'


def files(
    label: str, *, types: Sequence[str] = (), megabytes: int | None = None, **given: Any
) -> list[UploadedFile]:
    """Ask for files and return those there are.

    Parameters
    ----------
    label : str
        What is asked for, in the language of who looks.
    types : sequence of str
        Endings that are taken; none: any.
    megabytes : int, optional
        A file may have; else what the server takes.
    **given
        Further options of Streamlit's field.
    """
    found = st.file_uploader(label, type=list(types) or None, max_upload_size=megabytes, **given)
    most = megabytes or int(st.get_option("server.maxUploadSize"))
    told = _("At most {n} MB a file").format(n=number(most))
    st.caption(" · ".join((told, ", ".join(each.upper() for each in types))) if types else told)
    return found if isinstance(found, list) else [] if found is None else [found]
