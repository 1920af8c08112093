"""The partners that are registered, every version of each, as this process last read them."""

from typing import Any
from uuid import UUID, uuid5

from ledger.desk.definitions import Definitions, ReadDefinitions
from ledger.points.partner import Partner
from ledger.points.partnering import Partners
from ledger.points.versions import evolve_partner

# As for programs: one stream a business number.
PARTNER_STREAMS = UUID("0f5f3d52-2a53-4d0e-8b0a-0c6f8f5d7f4e")


def partner_stream(business_number: str) -> UUID:
    """The stream of a partner's definitions."""
    return uuid5(PARTNER_STREAMS, business_number.encode(errors="replace").decode())


class PartnerRegister:
    """Every version of each partner's terms, at most two seconds old."""

    def __init__(self, read_definitions: ReadDefinitions) -> None:
        self._definitions: Definitions[Partner] = Definitions(read_definitions, _number_of, evolve_partner)

    async def all(self, *numbers: str | None) -> Partners:
        """All of them; one that is named and not known here is looked up first."""
        known = await self._definitions.all()
        if any(number is not None and number not in known for number in numbers):
            await self._definitions.reload()
        return known

    async def reload(self) -> None:
        """Read what was defined since the last look."""
        await self._definitions.reload()


def _number_of(event: Any) -> str:
    number: str = event.partner.business_number
    return number
