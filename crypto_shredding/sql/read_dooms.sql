-- Destroyed slots are among them: a doom stays beside its tombstone.
-- in:  slots bigint[]
-- out: slot, doomed_at, reason
SELECT
    d.slot,
    d.doomed_at,
    d.reason
FROM crypto_shredding.doom AS d
WHERE d.slot = ANY(%(slots)s::bigint[])
