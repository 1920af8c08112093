-- The sealed values beside a range of events, those that are still there.
-- in:  shard smallint, first position bigint, last position bigint
-- out: position bigint, field smallint, box bytea
SELECT b.position, b.field, b.box
FROM ledger.box AS b
WHERE b.shard = %b::smallint AND b.position BETWEEN %b::bigint AND %b::bigint
ORDER BY b.position, b.field
