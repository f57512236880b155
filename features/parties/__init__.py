"""Parties: normal form of names, type of name, and which names are one party."""
