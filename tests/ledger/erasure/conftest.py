"""Roots in an HSM and in OpenBao, as the tests of crypto_shredding have them."""

from tests.crypto_shredding.conftest import bao, file_spec, openbao_spec, pkcs11_spec, root_path, tokens

__all__ = ["bao", "file_spec", "openbao_spec", "pkcs11_spec", "root_path", "tokens"]
