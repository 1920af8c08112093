-- in: version bigint, height smallint, top bytea, change bigint
INSERT INTO crypto_shredding.tree (version, height, top, change)
VALUES (%(version)s, %(height)s, %(top)s, %(change)s)
ON CONFLICT (only_row) DO UPDATE
    SET version = excluded.version, height = excluded.height, top = excluded.top, change = excluded.change
