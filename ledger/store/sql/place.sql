-- Where the log stands, and on which timeline.
-- in:  shard smallint
-- out: number integer, timeline uuid, position bigint, hash bytea, is_open boolean
SELECT
    t.number,
    s.timeline,
    s.position,
    s.hash,
    t.number = 1 OR o.number IS NOT NULL
FROM ledger.shard AS s
INNER JOIN ledger.timeline AS t ON s.shard = t.shard AND s.timeline = t.timeline
LEFT JOIN ledger.timeline_opened AS o ON t.shard = o.shard AND t.number = o.number
WHERE s.shard = %s
