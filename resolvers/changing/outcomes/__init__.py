"""What a decision says besides yes and no, carried out: one module for each outcome.

Each has one function, `carry_out`, which is given a decided request and what its service changes, and returns the change with
what the policy adds. `resolvers/changing/carrying_out.py` calls them, for every service.
"""
