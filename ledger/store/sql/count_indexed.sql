-- Rows of the blind index that a member still has in some classes.
-- in:  member uuid, classes smallint[]
-- out: count
SELECT count(*) FROM ledger.blind_index AS i
WHERE i.member = %b::uuid AND i.class = ANY(%b::smallint [])
