-- Moves boxes that only a law still keeps to the table that the service cannot read.
-- in:  shard smallint, positions bigint[], fields smallint[]
-- out: how many were moved now
SELECT ledger.hold_boxes(%b, %b, %b)
