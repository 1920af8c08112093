-- Which migrations were applied, and with which content.
CREATE TABLE IF NOT EXISTS crypto_shredding.migration (name text PRIMARY KEY, sha256 bytea NOT NULL)
