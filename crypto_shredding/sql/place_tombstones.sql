-- in: slots bigint[], at timestamptz
INSERT INTO crypto_shredding.tombstone (slot, shredded_at, reason, kcv)
SELECT
    k.slot,
    %(at)s,
    d.reason,
    k.kcv
FROM crypto_shredding.slot AS k
INNER JOIN crypto_shredding.doom AS d ON k.slot = d.slot
WHERE k.slot = ANY(%(slots)s::bigint[])
ON CONFLICT (slot) DO NOTHING
