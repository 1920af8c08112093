-- Makes the partitions for boxes that are missing, from the head's on. Where none is, no lock is taken on boxes.
-- in:  ahead integer
-- out: made integer
SELECT ledger.extend_boxes(%b::integer)
