-- in:  slots bigint[]
-- out: slot, has_key, is_doomed, has_tombstone
SELECT
    k.slot,
    k.wrapped IS NOT NULL AS has_key,
    d.slot IS NOT NULL AS is_doomed,
    t.slot IS NOT NULL AS has_tombstone
FROM unnest(%(slots)s::bigint[]) AS s (slot)
INNER JOIN crypto_shredding.slot AS k ON s.slot = k.slot
LEFT JOIN crypto_shredding.doom AS d ON k.slot = d.slot
LEFT JOIN crypto_shredding.tombstone AS t ON k.slot = t.slot
