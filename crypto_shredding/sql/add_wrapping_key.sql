-- in: wrapping_key integer, root_version integer, wrapped bytea
INSERT INTO crypto_shredding.wrapping_key (wrapping_key, root_version, wrapped)
VALUES (%(wrapping_key)s, %(root_version)s, %(wrapped)s)
