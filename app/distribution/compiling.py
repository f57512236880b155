"""Every module of a folder compiled, with the same bytes each time.

`building` runs this file in a process of its own with a fixed seed of hashes, by which the order of sets in
code goes. `compileall` would not do: what it writes follows also from what else the process has in memory
(the marks by which newer forms of `marshal` share objects), so the form without such marks is written.

Compiled code is taken as it is, whatever the times of files; `checksums` tells whether it was changed.
"""

from __future__ import annotations

import importlib.util
import marshal
import sys
import warnings
from pathlib import Path

#: The last form of `marshal` without shared objects; every Python reads it.
_FORM = 2
#: What a file begins with whose source is not compared with it (PEP 552).
_UNCHECKED = (0b01).to_bytes(4, "little")


def compile_all(folder: Path, within: Path) -> int:
    """Compile the modules below a folder's part; return how many cannot be.

    A few files of libraries are for other versions of Python: that is no fault.
    """
    failed = 0
    for path in sorted(within.rglob("*.py")):
        source = path.read_bytes()
        try:
            code = compile(source, path.relative_to(folder).as_posix(), "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            failed += 1
            continue
        kept = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
        kept.parent.mkdir(exist_ok=True)
        head = importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source)
        kept.write_bytes(head + marshal.dumps(code, _FORM))
    return failed


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    compile_all(Path(sys.argv[1]), Path(sys.argv[2]))
