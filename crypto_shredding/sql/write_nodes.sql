-- New nodes, and new content of old ones.
-- in: levels smallint[], numbers bigint[], blobs bytea[] (parallel), change bigint
INSERT INTO crypto_shredding.node (level, number, blob, change)
SELECT
    i.level,
    i.number,
    i.blob,
    %(change)s
FROM unnest(%(levels)s::smallint[], %(numbers)s::bigint[], %(blobs)s::bytea[]) AS i (level, number, blob)
ON CONFLICT (level, number) DO UPDATE SET blob = excluded.blob, change = excluded.change
