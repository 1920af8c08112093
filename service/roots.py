"""The root of all keys, made from the settings; the one place that knows the providers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import assert_never

import crypto_shredding as crypto
from service.root_settings import AwsKmsPlace, FilePlace, OpenBaoPlace, Pkcs11Place, RootPlace


@contextmanager
def open_root(place: RootPlace) -> Iterator[crypto.RootStore]:
    """A root, as long as this lasts. Nothing is asked of its provider yet."""
    match place:
        case FilePlace():
            yield crypto.FileRoot(place.folder)
        case Pkcs11Place():
            root = crypto.Pkcs11Root(
                place.library, token_label=place.token_label, pin=place.pin, prefix=place.prefix,
                lock_file=place.lock_file,
            )  # fmt: skip
            with closing(root):
                yield root
        case OpenBaoPlace():
            server = crypto.OpenBaoRoot(
                place.address, token=_token(place), mount=place.mount, prefix=place.prefix, namespace=place.namespace,
                certificate=place.certificate,
            )  # fmt: skip
            with closing(server):
                yield server
        case AwsKmsPlace():
            yield _aws_kms(place)
        case _:
            assert_never(place)


def _token(place: OpenBaoPlace) -> Callable[[], str]:
    """The token that was given, or what an agent has put into its file by now; an absent file is the root's matter."""
    given, file = place.token, place.token_file
    if file is None:
        return lambda: given or ""
    return lambda: file.read_text("utf-8").strip()


def _aws_kms(place: AwsKmsPlace) -> crypto.RootStore:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    patience = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 3})
    try:
        client = boto3.client("kms", region_name=place.region, config=patience)
    except BotoCoreError as error:  # no region anywhere, or a profile that is not there
        raise crypto.RootUnavailable("aws-kms", type(error).__name__) from None
    return crypto.AwsKmsRoot(client, prefix=place.prefix)
