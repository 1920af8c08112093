-- The rotations that took these slots along, each once; the rest is null while the version before still exists.
-- in:  slots bigint[]
-- out: version, destroyed, ended_at, provider, recoverable_until, note; oldest first
SELECT
    o.version,
    e.destroyed,
    e.ended_at,
    e.provider,
    e.recoverable_until,
    e.note
FROM crypto_shredding.rotation_outcome AS o
LEFT JOIN crypto_shredding.rotation_end AS e ON o.version = e.version
WHERE o.version IN (SELECT t.version FROM crypto_shredding.tombstone AS t WHERE t.slot = ANY(%(slots)s::bigint[]))
ORDER BY o.version
