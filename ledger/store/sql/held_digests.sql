-- Which of these boxes are held apart, with their digests.
-- in:  shard smallint, positions bigint[], fields smallint[]
-- out: position bigint, field smallint, digest bytea
SELECT h.position, h.field, h.digest FROM ledger.held_digests(%b, %b, %b) AS h
