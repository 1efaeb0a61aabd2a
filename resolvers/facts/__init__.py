"""The facts that the software itself knows: one table of how each is computed, what it needs, and what that costs.

situation.py   what one decision is about, and what has been loaded for it
fact.py        one row of the table
request.py, actor.py, holder.py, card.py, operation.py, brought.py   the rows, by the record that they are facts of
loading.py     the table, and what loads the records: each kind once, for however many decisions
"""

from resolvers.facts.brought import CHANGEABLE as CHANGEABLE
from resolvers.facts.brought import of_a_guardian as of_a_guardian
from resolvers.facts.card import is_being_replaced as is_being_replaced
from resolvers.facts.history import history_of as history_of
from resolvers.facts.loading import QUERIES as QUERIES
from resolvers.facts.loading import TABLE as TABLE
from resolvers.facts.loading import Known as Known
from resolvers.facts.loading import facts_at_hand as facts_at_hand
from resolvers.facts.loading import load_facts as load_facts
from resolvers.facts.loading import queries_for as queries_for
from resolvers.facts.situation import DecisionSubject as DecisionSubject
from resolvers.facts.situation import Loaded as Loaded
