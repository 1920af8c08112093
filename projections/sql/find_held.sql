-- Which of these boxes are held apart, for readers who may not have them.
-- in: shard, positions bigint [], fields smallint []
SELECT h.position, h.field FROM ledger.held_digests(%s, %s, %s) AS h
