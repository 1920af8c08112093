-- in: slots bigint[], kcvs bytea[], wrappeds bytea[] (parallel), wrapping_key integer
INSERT INTO crypto_shredding.slot (slot, kcv, wrapping_key, wrapped)
SELECT
    i.slot,
    i.kcv,
    %(wrapping_key)s,
    i.wrapped
FROM unnest(%(slots)s::bigint[], %(kcvs)s::bytea[], %(wrappeds)s::bytea[]) AS i (slot, kcv, wrapped)
