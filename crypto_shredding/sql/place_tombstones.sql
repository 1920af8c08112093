-- in: slots bigint[], at timestamptz, version bigint
INSERT INTO crypto_shredding.tombstone (slot, shredded_at, reason, kcv, version)
SELECT
    d.slot,
    %(at)s,
    d.reason,
    substring(l.kcvs FROM ((d.slot & 127) * 32 + 1)::integer FOR 32),
    %(version)s
FROM unnest(%(slots)s::bigint[]) AS s (slot)
INNER JOIN crypto_shredding.doom AS d ON s.slot = d.slot
INNER JOIN crypto_shredding.leaf AS l ON l.leaf = s.slot >> 7
