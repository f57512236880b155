"""Officers at work without browsers: a port to work at, what they do, what they were told was kept.

`app_load` lets many of them work at once, `app_kill` ends programs under them. What they do goes through the
functions the pages call, in processes of their own, as the server's threads do it.
"""
