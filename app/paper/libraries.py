"""Libraries for drawing that came with the program: a folder made by `app.distribution` has its own Pango.

They lie beside the Python that runs this. Elsewhere nothing is there, and WeasyPrint looks in the system.
"""

from __future__ import annotations

import os
import sys
import warnings
from functools import cache
from pathlib import Path

#: Beside Python: libraries (Windows) and the words by which Pango breaks lines of Thai (Linux).
DRAWING, THAI = "drawing", "share/libthai"


@cache
def use() -> None:
    """Let WeasyPrint find them. To be called before it is imported."""
    beside = Path(sys.prefix)
    for variable, name in (("FONTCONFIG_FILE", "fonts.conf"), ("LIBTHAI_DICTDIR", THAI)):
        if (beside / name).exists():
            os.environ.setdefault(variable, str(beside / name))
    if (beside / "fonts.conf").exists():
        # It names no font of the machine: prints use the program's alone.
        warnings.filterwarnings("ignore", message="No fonts configured in FontConfig")
    if sys.platform == "win32" and (beside / DRAWING).is_dir():
        os.add_dll_directory(str(beside / DRAWING))
        # WeasyPrint names some without their ending, and Windows adds none to a name with a point: they
        # are looked for on the path.
        os.environ["PATH"] = os.pathsep.join((str(beside / DRAWING), os.environ.get("PATH", "")))
