-- Events of a shard for the recorder, in commit order.
-- in:  shard smallint, after bigint, stop bigint or NULL, topics text[] or NULL, limit
-- out: id, originator_id, originator_version, topic, state
SELECT e.position AS id, e.stream AS originator_id, e.version AS originator_version, e.topic, e.state
FROM ledger.events AS e
WHERE
    e.shard = %b::smallint
    AND e.position > %b::bigint
    AND e.position <= coalesce(%b::bigint, 9223372036854775807)
    AND (%b::text [] IS NULL OR e.topic = any(%b::text []))
ORDER BY e.position
LIMIT %b::bigint
