-- in: version bigint, previous bigint or null, at timestamptz
INSERT INTO crypto_shredding.rotation (version, previous, opened_at)
VALUES (%(version)s, %(previous)s, %(at)s)
