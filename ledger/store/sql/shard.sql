-- The head of a shard's chain.
-- in:  shard smallint
-- out: timeline uuid, position bigint, hash bytea
SELECT s.timeline, s.position, s.hash
FROM ledger.shard AS s
WHERE s.shard = %b::smallint
