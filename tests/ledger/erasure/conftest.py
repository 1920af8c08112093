"""Roots in an HSM and in OpenBao, as the tests of crypto_shredding have them."""

from tests.crypto_shredding.conftest import file_spec, root_path

__all__ = ["file_spec", "root_path"]
