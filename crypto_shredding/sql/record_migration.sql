-- in: name text, sha256 bytea
INSERT INTO crypto_shredding.migration (name, sha256) VALUES (%(name)s, %(sha256)s)
