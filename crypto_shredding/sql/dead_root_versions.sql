-- Versions that were made for this tree and do not wrap it, unless a rotation is about to destroy them with evidence.
-- in:  versions bigint[], those that the root holds
-- out: version
SELECT v.version
FROM unnest(%(versions)s::bigint[]) AS v (version)
INNER JOIN crypto_shredding.rotation AS r ON v.version = r.version
INNER JOIN crypto_shredding.rotation_outcome AS o ON v.version = o.version
WHERE NOT EXISTS (SELECT FROM crypto_shredding.tree AS t WHERE t.version = v.version)
    AND (
        NOT o.committed
        OR EXISTS (SELECT FROM crypto_shredding.rotation_end AS e WHERE e.destroyed = v.version)
    )
ORDER BY v.version
