-- Partitions of boxes that hold rows, or the bytes of some that went.
-- out: partition text, boxes bigint, is_stale boolean
SELECT p.partition, p.boxes, p.is_stale FROM ledger.box_partitions() AS p
