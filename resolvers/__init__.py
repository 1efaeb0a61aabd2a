"""Use cases, one per service: plain values in, values of the domain out.

Every change goes the same way: `deciding.decided_transaction` finds and locks what it is about and asks the policies of the
region, and only an allowed decision reaches the state machine and the store, in the one transaction of the request.
"""
