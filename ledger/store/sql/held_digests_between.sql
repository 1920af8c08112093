-- The digests of the boxes that are held apart, beside a range of events.
-- in:  shard smallint, first position bigint, last position bigint
-- out: position bigint, field smallint, digest bytea
SELECT h.position, h.field, h.digest FROM ledger.held_digests_between(%b, %b, %b) AS h
