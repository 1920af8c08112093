-- in:  shard smallint, position bigint
-- out: topic text, state bytea
SELECT
    e.topic,
    e.state
FROM ledger.events AS e
WHERE e.shard = %s AND e.position = %s
