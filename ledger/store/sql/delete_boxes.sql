-- Deletes boxes, each with the slot whose key is destroyed.
-- in:  shard smallint, positions bigint[], fields smallint[], slots bigint[]
-- out: how many were deleted now
SELECT ledger.delete_boxes(%b::smallint, %b, %b, %b)
