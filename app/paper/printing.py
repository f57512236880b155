"""Pages of HTML made into PDF by WeasyPrint: nothing is fetched, the same page gives the same bytes.

WeasyPrint draws with Pango, a library of the system (Debian: ``libpango-1.0-0 libpangoft2-1.0-0``). Where it
is missing the program works all the same: `lacking` says what is missing, and a page can be had as HTML for a
browser to print.
"""

from __future__ import annotations

import atexit
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from app.paper import fonts, libraries, pictures
from risk.language import N_
from risk.refusals import Refusal

#: What fonts are asked for by within a page.
_SCHEME = "wildcargo-font"
#: A print is at most so long: far beyond what a shift can open.
MOST_CHARACTERS = 20_000_000

_ONE_AT_A_TIME = threading.Lock()
#: See https://reproducible-builds.org/specs/source-date-epoch/.
_EPOCH = "SOURCE_DATE_EPOCH"


class Unprintable(Refusal):
    """A page cannot be made into a PDF on this machine, or is too large for one."""


_NO_PANGO = N_(
    "PDF needs the Pango library, which is missing on this machine ({what}). "
    "On Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0. "
    "The page can be printed from a browser instead."
)


def lacking() -> str:
    """Return what of the system is missing to make a PDF; empty where nothing is."""
    libraries.use()
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as missing:
        return " ".join(str(missing).split())[:200] or type(missing).__name__
    return ""


@cache
def _faces() -> str:
    families = ", ".join(f'"{face.family}"' for face in fonts.FACES)
    everywhere = f"html {{ font-family: {families} !important; }} @page {{ font-family: {families}; }}"
    return everywhere + "\n".join(
        f'@font-face {{ font-family: "{face.family}"; font-weight: {400 if weight == "Regular" else 700}; '
        f'src: url("{_SCHEME}:{fonts.file_of(face, weight)}"); }}'
        for face in fonts.FACES
        for weight in face.weights
    )


@cache
def _ground() -> tuple[Any, Any, Any]:
    """Return what all prints of a process share: fetcher, fonts and the style sheet that names them."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class NothingFromOutside(URLFetcher):  # type: ignore[misc]
        """Gives shipped fonts and pictures that stand in the page; refuses the network and the disk alike."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            scheme, _, name = url.partition(":")
            if url.startswith(pictures.IN_PAGE):
                content = pictures.of_page(url)
                return URLFetcherResponse(url, io.BytesIO(content), {"Content-Type": "image/jpeg"})
            if scheme != _SCHEME:
                raise ValueError(f"a print fetches nothing: {url[:80]}")
            return URLFetcherResponse(url, io.BytesIO(fonts.content(name)), {"Content-Type": "font/woff2"})

    fetcher, configuration = NothingFromOutside(allowed_protocols=()), FontConfiguration()
    sheet = CSS(string=_faces(), font_config=configuration, url_fetcher=fetcher)
    # The configuration takes its folder with it as long as there is an interpreter to do so.
    atexit.register(_ground.cache_clear)
    return fetcher, configuration, sheet


@contextmanager
def _no_time() -> Iterator[None]:
    """Keep the time of day out of fonts: fontTools, which cuts them where HarfBuzz cannot, would write it."""
    before = os.environ.get(_EPOCH)
    os.environ[_EPOCH] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_EPOCH]
        else:
            os.environ[_EPOCH] = before


def pdf(page: str) -> bytes:
    """Return a page of HTML as PDF.

    Parameters
    ----------
    page : str
        A whole document; its texts are escaped already.

    Raises
    ------
    Unprintable
        Pango is missing, or the page is too large.
    """
    if len(page) > MOST_CHARACTERS:
        raise Unprintable("This is too large for one print")
    if what := lacking():
        raise Unprintable(_NO_PANGO, what=what)
    from weasyprint import HTML

    # Fontconfig and Pango keep state of their own; a print takes a second or two and can wait for another.
    with _ONE_AT_A_TIME, _no_time():
        fetcher, configuration, sheet = _ground()
        document = HTML(string=page, url_fetcher=fetcher, base_url=None)
        made = document.write_pdf(stylesheets=[sheet], font_config=configuration, pdf_tags=True)
    return bytes(made)
