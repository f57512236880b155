"""What a port keeps: shipments, scores, lists, decisions, outcomes, people, and the ledger of all of it.

SQLite by default, PostgreSQL by URL; the same code and the same tests on both. One room per kind of thing
kept, each a set of functions that take an open connection; `database` opens connections, `ledger` chains
what was done, `tables` says what there is, `migrations` how it came to be.
"""
