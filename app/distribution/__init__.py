"""The folder officers' machines get: program, Python, libraries and fonts in one, for Windows or Linux.

``python -m app.distribution --system windows`` builds it from a checkout (`make dist` builds both). On the
machine that uses it nothing is installed, fetched or written within the folder: people's data lie elsewhere,
so that a new folder replaces the old one.

`building` makes a folder of `wheels` (the program's and those it needs), `interpreter` (Python) and
`drawing` (Pango, which makes PDF), puts `launchers` and `licences` beside and has `completeness` look whether
everything that is asked for is in it. `checksums` is what the folder's own check command runs.
"""
