"""The policy engine: what a region allows, read from YAML that a policy officer edits.

Rooms from the ground up; each imports those before it, and the first line of its `__init__.py` says what it holds:

    source  language  tree  engine          read files, say what holds, decide
    words  solver  replay                   say it in words, reason about it, decide again
    explain  cases                          why, and whether it is as expected
    checks  compare  prove  edit            officers' tools
    live                                    the policies in force, replaced while the service runs
"""
