"""How many sockets this process holds, and for whom."""

from collections import Counter
from collections.abc import Hashable

# In all; of one address before they show who they are (behind a proxy that hides addresses that
# is everybody, for some seconds); of one visitor's tabs.
MOST, MOST_STRANGERS, MOST_OF_VISITOR = 10_000, 200, 6


class Seats:
    """Each socket takes one, and leaves it at its end."""

    def __init__(self) -> None:
        self.taken: Counter[Hashable] = Counter()

    def take(self, holder: Hashable, *, at_most: int) -> bool:
        if self.taken[holder] >= at_most or self.taken.total() >= MOST:
            return False
        self.taken[holder] += 1
        return True

    def leave(self, holder: Hashable) -> None:
        self.taken[holder] -= 1
        if self.taken[holder] <= 0:
            del self.taken[holder]


seats = Seats()
