"""One bucket of the routing table: the contacts it gives out, and spares (BEP 5).

Who has answered for long stays. A newcomer takes the place of a bad contact, of one whose
id does not suit its address, or of one that is more than twice as far away in time;
otherwise it waits among the spares for the next free place.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.dht.contact import BAD_AFTER

if TYPE_CHECKING:
    from raincore.dht.contact import Contact

__all__ = ["Bucket"]

MUCH_FASTER = 0.5
SPARES = 8


class Bucket:
    """Contacts, at most `size`, and as many spares as a bucket of eight has contacts.

    Args:
        size: How many contacts may be given out.
        now: Monotonic seconds.
    """

    __slots__ = ("changed", "contacts", "refreshed", "size", "spares")

    def __init__(self, size: int, now: float) -> None:
        self.size = size
        self.contacts: list[Contact] = []
        self.spares: list[Contact] = []
        self.changed = now
        """When somebody in it last proved to be there."""
        self.refreshed = -math.inf
        """When somebody in its range was last looked for."""

    @property
    def is_full(self) -> bool:
        """Whether there is no place, not even that of a bad contact."""
        contacts = self.contacts
        return len(contacts) >= self.size and not [1 for c in contacts if c.fails >= BAD_AFTER]

    def offer(self, contact: Contact) -> Contact | None:
        """Take a contact in if there is any use for it.

        Args:
            contact: One that is in no bucket.

        Returns:
            Whom nobody remembers now: somebody else, `contact` itself, or None.
        """
        if not contact.is_confirmed:
            return self._spare(contact)
        if len(self.contacts) < self.size:
            self.contacts.append(contact)
            return None
        worst = max(self.contacts, key=lambda held: held.rank)
        if not _displaces(contact, worst):
            return self._spare(contact)
        self.contacts[self.contacts.index(worst)] = contact
        return worst if worst.is_bad else self._spare(worst)

    def replace_bad(self, contact: Contact) -> bool:
        """Put the best proven spare in the place of a bad contact, and say if there was one."""
        proven = [spare for spare in self.spares if spare.is_confirmed and not spare.is_bad]
        if not proven:
            return False
        best = min(proven, key=lambda spare: spare.rank)
        self.spares.remove(best)
        self.contacts[self.contacts.index(contact)] = best
        return True

    def remove(self, contact: Contact) -> None:
        """Forget a contact or spare; the best proven spare takes a place that gets free."""
        if contact in self.spares:
            self.spares.remove(contact)
        elif not self.replace_bad(contact):
            self.contacts.remove(contact)

    def _spare(self, contact: Contact) -> Contact | None:
        self.spares.append(contact)
        if len(self.spares) <= SPARES:
            return None
        worst = max(self.spares, key=lambda held: held.rank)
        self.spares.remove(worst)
        return worst


def _displaces(newcomer: Contact, held: Contact) -> bool:
    if held.is_bad or newcomer.suits != held.suits:
        return held.is_bad or newcomer.suits
    return newcomer.rtt < MUCH_FASTER * held.rtt
