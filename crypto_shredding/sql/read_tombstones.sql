-- in:  slots bigint[]
-- out: slot, shredded_at, reason, kcv
SELECT
    slot,
    shredded_at,
    reason,
    kcv
FROM crypto_shredding.tombstone
WHERE slot = ANY(%(slots)s::bigint[])
ORDER BY slot
