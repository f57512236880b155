"""Many officers at once, and programs killed under them: short runs of what `benchmarks/` does at length."""

from __future__ import annotations

import pytest

from benchmarks import app_kill, app_load


@pytest.mark.slow
@pytest.mark.parametrize(("server", "officers"), [("postgresql", 50), ("sqlite", 20)])
def test_officers_at_once_lose_nothing_and_do_not_wait(server: str, officers: int) -> None:
    run = app_load.campaign(server, officers, seconds=30, shipments=400, pace=1.0, browsers=1, seed=1)
    assert run.compared.wrong == []
    # How long they wait is measured by the benchmark: here other tests run on the same two cores, and only
    # a wait as for a lock nobody gives back would be a fault.
    assert run.faults(5 * app_load.P95) == []
    assert sum(run.compared.acknowledged.values()) > officers
    assert run.pages
    assert str(officers) in app_load.section(run)


@pytest.mark.slow
@pytest.mark.parametrize(("server", "kills"), [("postgresql", 2), ("sqlite", 3)])
def test_what_was_acknowledged_outlives_kills(server: str, kills: int) -> None:
    found = app_kill.campaign(server, kills, seed=3, shipments=200)
    assert found.compared.wrong == []
    assert sum(found.kills.values()) == kills
    assert found.compared.acknowledged["outcome"] > 0
    assert "Killed at work" in app_kill.section(found)
