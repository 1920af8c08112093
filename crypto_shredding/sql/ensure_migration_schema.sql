-- The schema itself; owned by whoever migrates first until 0001 hands it to keys_owner.
CREATE SCHEMA IF NOT EXISTS crypto_shredding
