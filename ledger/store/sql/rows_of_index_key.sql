-- Some rows of the blind index whose tags were made under a slot, with the events that have their boxes.
-- in:  slot bigint, limit
-- out: member uuid, position bigint, field smallint, kind smallint, topic text, state bytea, box bytea or NULL
SELECT
    i.member,
    i.position,
    i.field,
    i.kind,
    e.topic,
    e.state,
    b.box
FROM ledger.blind_index AS i
INNER JOIN ledger.events AS e ON i.shard = e.shard AND i.position = e.position
LEFT JOIN ledger.box AS b ON i.shard = b.shard AND i.position = b.position AND i.field = b.field
WHERE i.slot = %b::bigint
ORDER BY i.member, i.position, i.field
LIMIT %b
