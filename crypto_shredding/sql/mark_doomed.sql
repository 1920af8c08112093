-- in: slots bigint[], counter bigint, at timestamptz, reason text, witness bytea
INSERT INTO crypto_shredding.doom (slot, counter, doomed_at, reason, witness)
SELECT
    s.slot,
    %(counter)s,
    %(at)s,
    %(reason)s,
    %(witness)s::bytea
FROM unnest(%(slots)s::bigint[]) AS s (slot)
