-- in: slots bigint[], counter bigint, at timestamptz, reason text
INSERT INTO crypto_shredding.doom (slot, counter, doomed_at, reason)
SELECT
    s.slot,
    %(counter)s,
    %(at)s,
    %(reason)s
FROM unnest(%(slots)s::bigint[]) AS s (slot)
