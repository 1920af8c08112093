-- in:  slots bigint[]
-- out: slot, is_issued, is_doomed, has_tombstone
SELECT
    s.slot,
    s.slot > 0 AND s.slot <= c.counter AS is_issued,
    d.slot IS NOT NULL AS is_doomed,
    t.slot IS NOT NULL AS has_tombstone
FROM unnest(%(slots)s::bigint[]) AS s (slot)
CROSS JOIN crypto_shredding.issue_counter AS c
LEFT JOIN crypto_shredding.doom AS d ON s.slot = d.slot
LEFT JOIN crypto_shredding.tombstone AS t ON s.slot = t.slot
