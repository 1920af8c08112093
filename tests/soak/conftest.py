"""The offices of the ledger's tests."""

from tests.ledger.conftest import addresses, office

__all__ = ["addresses", "office"]
