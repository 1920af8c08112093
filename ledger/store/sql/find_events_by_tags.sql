-- Events by the tags of a value that they carry, oldest first.
-- in:  tags bytea[], kind smallint
-- out: stream uuid, event uuid
SELECT
    e.stream,
    e.event
FROM ledger.blind_index AS i
INNER JOIN ledger.events AS e ON i.shard = e.shard AND i.position = e.position
WHERE i.tag = any(%b::bytea []) AND i.kind = %b::smallint
ORDER BY e.position
