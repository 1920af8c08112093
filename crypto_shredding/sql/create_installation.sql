-- The first caller decides; the row is final.
-- in: id uuid, cache_seconds double precision
INSERT INTO crypto_shredding.installation (id, cache_seconds) VALUES (%(id)s, %(cache_seconds)s)
ON CONFLICT DO NOTHING
