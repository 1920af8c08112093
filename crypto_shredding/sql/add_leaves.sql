-- in: leaves bigint[], kcvs bytea[] (parallel), change bigint
INSERT INTO crypto_shredding.leaf (leaf, kcvs, change)
SELECT
    i.leaf,
    i.kcvs,
    %(change)s
FROM unnest(%(leaves)s::bigint[], %(kcvs)s::bytea[]) AS i (leaf, kcvs)
