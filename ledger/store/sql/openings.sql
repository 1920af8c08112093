-- The events that say which key slots a member or an account has, in commit order.
-- in:  shard smallint, after bigint, topics text[], limit int
-- out: position bigint, stream uuid, topic text, state bytea
SELECT
    e.position,
    e.stream,
    e.topic,
    e.state
FROM ledger.events AS e
WHERE e.shard = %s AND e.position > %s AND e.topic = ANY(%s::text[])
ORDER BY e.position
LIMIT %s
