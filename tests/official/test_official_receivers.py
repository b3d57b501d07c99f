"""Receivers around the official libraries are judged as the tables say, and every finding has a cause.

Law: a difference in either direction fails; a library that cannot be installed fails too. After an intended change:
``python -m tests.official.record``, then explain what is new in the table.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hookproof.generate.forging import ACCEPTABLE, FAULTS, ODDITIES
from tests.official.libraries import LIBRARIES
from tests.official.page import PAGE, UNMENDED, page
from tests.official.tables import BROKEN, KEPT, Table, differences, nearest, read, tables, unexplained, written
from tests.official.trial import observed

LANGUAGES = pytest.mark.parametrize("language", LIBRARIES)
NAMED = pytest.mark.parametrize("table", tables(), ids=lambda table: table.name)
FORGED = {*FAULTS, *ACCEPTABLE, *ODDITIES}


@LANGUAGES
def test_a_library_is_judged_as_its_table_says(language: str) -> None:
    """Every clause has the outcome, and every delivery the answer, that the table of the installed version names."""
    version = LIBRARIES[language].version()
    table = nearest(language, version)
    assert table is not None, f"there is no table for {language}: python -m tests.official.record"
    found = differences(table, observed(language))
    assert table.version == version, f"{language} {version} has no table; against {table.version}: {found}; python -m tests.official.record"
    assert not found, "\n".join(found)


@LANGUAGES
def test_every_forgery_is_in_the_table(language: str) -> None:
    """Each kind of forged delivery was sent, and its answers are named form by form."""
    table = nearest(language, LIBRARIES[language].version())
    assert table is not None
    for kind in FORGED:
        sent = table.deliveries[kind]
        assert sent
        assert all(re.fullmatch(r"[24]\d\d|500 [\w.]+", each.told.answer) for each in sent), kind


@NAMED
def test_nothing_is_unexplained(table: Table) -> None:
    """Whatever a table blames, every crash and everything unseen has a cause that is told, and no cause is idle."""
    assert not unexplained(table)
    assert {cause.whose for cause in table.causes.values()} <= {"library", "JSON reader", "receiver", "nobody"}


@NAMED
def test_only_libraries_break_what_must_be_kept(table: Table) -> None:
    """A plain receiver breaks no MUST by itself."""
    for name, row in table.clauses.items():
        if row.outcome == BROKEN and row.level == "MUST":
            assert {table.causes[cause].whose for cause in table.causes_of(name)} == {"library"}, name


@LANGUAGES
def test_whoever_heeds_the_findings_breaks_nothing_more(language: str) -> None:
    """A careful receiver around the same library keeps all that the plain one keeps, and all but what no caller can mend."""
    plain, careful = observed(language), observed(language, "--careful")
    assert {name for name, outcome in careful.outcomes.items() if outcome == BROKEN} == UNMENDED[language].keys()
    kept = {name for name, outcome in plain.outcomes.items() if outcome == KEPT}
    assert kept <= {name for name, outcome in careful.outcomes.items() if outcome == KEPT}


@NAMED
def test_a_table_that_says_anything_else_differs(table: Table) -> None:
    """Another outcome, another answer, and a clause or a delivery too many or too few are all told."""
    language = table.language
    seen = observed(language)
    clause, kind = next(iter(table.clauses)), "wrong-key"
    row, (sent,) = table.clauses[clause], table.deliveries[kind]
    wrong = [
        replace(table, clauses={**table.clauses, clause: replace(row, outcome="unheard of")}),
        replace(table, clauses={**table.clauses, clause: replace(row, level="NEVER")}),
        replace(table, clauses={**table.clauses, "no/clause": row}),
        replace(table, clauses={name: row for name, row in table.clauses.items() if name != clause}),
        replace(table, deliveries={**table.deliveries, kind: (replace(sent, told=replace(sent.told, answer="299")),)}),
        replace(table, deliveries={**table.deliveries, kind: (sent, sent)}),
        replace(table, deliveries={name: each for name, each in table.deliveries.items() if name != kind}),
    ]
    honest = len(differences(table, seen))
    assert [len(differences(other, seen)) - honest for other in wrong] == [1] * len(wrong)


@NAMED
def test_a_cause_too_few_or_too_many_is_told(table: Table) -> None:
    """A cause that is left out, one that nothing needs, and one that nobody tells leave a table unexplained."""
    kind, place = next((kind, place) for row in table.clauses.values() for kind, place in row.blames)
    bare = tuple(replace(each, cause="") if at == place else each for at, each in enumerate(table.deliveries[kind], start=1))
    (plain,) = table.deliveries["wrong-key"]
    for other in (
        replace(table, deliveries={**table.deliveries, kind: bare}),
        replace(table, deliveries={**table.deliveries, "wrong-key": (replace(plain, cause=next(iter(table.causes))),)}),
        replace(table, causes={**table.causes, "idle": next(iter(table.causes.values()))}),
        replace(table, causes={}),
    ):
        assert unexplained(other)


@LANGUAGES
def test_recording_again_changes_nothing(language: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A table that is written from what was seen reads as itself, causes included; without a former one it has none."""
    table = nearest(language, LIBRARIES[language].version())
    assert table is not None
    file = tmp_path_factory.mktemp("tables") / "again.json"
    told = {"language": language, "registry": table.registry, "version": table.version}
    file.write_text(written(observed(language), table, **told), encoding="utf-8")
    assert read(file) == table
    file.write_text(written(observed(language), None, **told), encoding="utf-8")
    assert unexplained(read(file))


def test_the_page_is_generated_from_the_tables() -> None:
    """Whoever changes a table writes the page anew: python -m tests.official.record."""
    assert PAGE.read_text(encoding="utf-8") == page()
