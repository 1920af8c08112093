-- The classes of a member that are closed, and the position that closed each.
-- in:  member uuid
-- out: class smallint, position bigint
SELECT c.class, c.position
FROM ledger.closed_class AS c
WHERE c.member = %b
