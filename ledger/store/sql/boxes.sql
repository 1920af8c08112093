-- Sealed values, those of them that are still there (compaction removes the destroyed ones).
-- in:  shard smallint, positions bigint[], fields smallint[]
-- out: position bigint, field smallint, box bytea
SELECT b.position, b.field, b.box
FROM unnest(%b::bigint [], %b::smallint []) AS w (position, field)
INNER JOIN ledger.box AS b ON b.shard = %b::smallint AND w.position = b.position AND w.field = b.field
