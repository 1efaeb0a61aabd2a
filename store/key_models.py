"""The table of what is known of the keys: how far they are changed, and what is refused since."""

from store.columns import Row, structure, term
from store.fields import MomentField


class KeyMarkRow(Row):
    """What is known of the keys, by name: which index keys were in use, how far everything is sealed anew. Of nobody."""

    id = term(primary_key=True)
    value = structure()
    at = MomentField()

    class Meta:
        """Table and indexes."""

        table = "key_marks"
