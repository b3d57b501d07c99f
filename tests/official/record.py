"""Writes the tables of the installed libraries anew, and the page: ``python -m tests.official.record`` from the root of the repository.

Law: causes are written by people; what is new here has none, and the tests say so until somebody has explained it.
"""

from __future__ import annotations

from tests.official.libraries import LIBRARIES
from tests.official.page import PAGE, page
from tests.official.tables import FOLDER, nearest, written
from tests.official.trial import observed


def record() -> None:
    """Try every library and write what was seen."""
    for language, library in LIBRARIES.items():
        version = library.version()
        former = nearest(language, version)
        text = written(observed(language), former, language=language, registry=library.registry, version=version)
        (FOLDER / f"{language}-{version}.json").write_text(text, encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    record()
