"""Use cases, one per service: plain values in, values of the domain out.

Every change goes the same way: `deciding.decide` gathers what is known, asks the policies of the region, and only an
allowed decision reaches the state machine and the store, in the one transaction of the request.
"""
