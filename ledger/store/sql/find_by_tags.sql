-- Members by the tags of a value; whether each has left.
-- in:  membership's class smallint, tags bytea[], kind smallint
-- out: member uuid, class smallint, has_left boolean
SELECT
    i.member,
    i.class,
    EXISTS (
        SELECT FROM ledger.closed_class AS c WHERE c.member = i.member AND c.class = %b::smallint
    ) AS has_left
FROM ledger.blind_index AS i
WHERE i.tag = any(%b::bytea []) AND i.kind = %b::smallint
