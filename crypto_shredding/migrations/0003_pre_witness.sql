-- With a doom its caller's records are noted as they stood then: the key store compares them as bytes and keeps the
-- greatest for whoever asks whether those records have gone back since.

ALTER TABLE crypto_shredding.doom ADD COLUMN witness bytea;

CREATE INDEX doom_witness_idx ON crypto_shredding.doom (witness);
