-- The keys of a partition's boxes, one page of them.
-- in:  partition text, and after which shard smallint, position bigint and field smallint; at most integer
-- out: shard smallint, position bigint, field smallint, subject_slot bigint, period_slot bigint
SELECT b.shard, b.position, b.field, b.subject_slot, b.period_slot
FROM ledger.box_slots(%b, %b::smallint, %b::bigint, %b::smallint, %b::integer) AS b
