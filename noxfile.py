"""The tests at both ends of the ranges in pyproject.toml: `nox -s newest oldest`."""

import nox

nox.options.sessions = ["newest", "oldest"]


def _tests(session: nox.Session, constraints: str) -> None:
    session.install("-c", constraints, "-e", ".[test]")
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session(python=["3.11"])
def newest(session: nox.Session) -> None:
    """Run all tests with the versions of the reproducible build."""
    _tests(session, "constraints/newest.txt")


@nox.session(python=["3.11"])
def oldest(session: nox.Session) -> None:
    """Run all tests with the oldest versions allowed."""
    _tests(session, "constraints/oldest.txt")
