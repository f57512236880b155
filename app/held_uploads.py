"""How much people have handed in that still lies in the server's memory: a bound for each and for all.

Streamlit bounds one file, not how many there are, and keeps each until its page is closed, whether a field
of the page knows of it or not. Without a bound one account fills the memory everybody works in.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import streamlit as st
from starlette.datastructures import Headers
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

#: Where browsers hand files in: the page's number and the file's follow.
PATH: Final = "/_stcore/upload_file/"
#: Bytes one person holds at once, and all people together.
PERSON: Final = 500_000_000
EVERYBODY: Final = 2_000_000_000


def stored() -> dict[str, int]:
    """Return how many bytes lie in the server's memory, by the number of the page they were handed in at."""
    if not runtime.exists():
        return {}
    kept = runtime.get_instance().uploaded_file_mgr
    if not isinstance(kept, MemoryUploadedFileManager):
        return {}
    # A copy first: other threads hand files in meanwhile.
    pages = {page: list(files.values()) for page, files in list(kept.file_storage.items())}
    return {page: sum(len(file.data) for file in files) for page, files in pages.items()}


def size_of(headers: Headers) -> int:
    """Return how many bytes a request brings; what does not say so may bring as much as a file may have."""
    most = int(st.get_option("server.maxUploadSize")) * 1024 * 1024
    said = headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else most


class Room:
    """Room for what is handed in.

    Parameters
    ----------
    person, everybody : int
        Bytes one person may hold, and all together.
    stored : callable
        Returns the bytes that are held, by page.
    """

    def __init__(
        self,
        person: int = PERSON,
        everybody: int = EVERYBODY,
        stored: Callable[[], Mapping[str, int]] = stored,
    ) -> None:
        self.person, self.everybody, self.stored = person, everybody, stored
        self._coming: Counter[int] = Counter()
        self._whose: dict[str, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def for_one(self, person: int, path: str, size: int) -> Iterator[bool]:
        """Keep room while a file comes in; yield whether there is any.

        Parameters
        ----------
        person : int
            Number of the account.
        path : str
            Below `PATH`.
        size : int
            Bytes.
        """
        page = path.removeprefix(PATH).partition("/")[0]
        with self._lock:
            fits = self._fits(person, size)
            if fits:
                self._whose[page] = person
                self._coming[person] += size
        try:
            yield fits
        finally:
            if fits:
                with self._lock:
                    self._coming[person] -= size
                    self._coming += Counter()  # without those that hold nothing

    def _fits(self, person: int, size: int) -> bool:
        there = self.stored()
        if not self._coming:
            self._whose = {page: whose for page, whose in self._whose.items() if page in there}
        own = sum(held for page, held in there.items() if self._whose.get(page) == person)
        return (
            own + self._coming[person] + size <= self.person
            and sum(there.values()) + self._coming.total() + size <= self.everybody
        )
