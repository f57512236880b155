"""``python -m risk.commands``: the command line without installing."""

from risk.commands import main

main()
