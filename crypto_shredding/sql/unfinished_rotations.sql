-- Intents without an outcome, and commits whose version before is not destroyed yet. Looked for from the newest end on:
-- what is older was finished under the same lock.
-- out: version, previous, committed or null; oldest first
SELECT
    r.version,
    r.previous,
    o.committed
FROM crypto_shredding.rotation AS r
LEFT JOIN crypto_shredding.rotation_outcome AS o ON r.version = o.version
LEFT JOIN crypto_shredding.rotation_end AS e ON r.version = e.version
WHERE r.version > (SELECT coalesce(max(x.version), 0) FROM crypto_shredding.rotation_end AS x)
    AND e.version IS NULL
    AND (o.committed IS NULL OR (o.committed AND r.previous IS NOT NULL))
ORDER BY r.version
