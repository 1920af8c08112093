-- The timelines of a shard, oldest first, and whether each was opened for service.
-- in:  shard smallint
-- out: number integer, timeline uuid, begun_after bigint, begun_at timestamptz, is_open boolean
SELECT
    t.number,
    t.timeline,
    t.begun_after,
    t.begun_at,
    t.number = 1 OR o.number IS NOT NULL
FROM ledger.timeline AS t
LEFT JOIN ledger.timeline_opened AS o ON t.shard = o.shard AND t.number = o.number
WHERE t.shard = %s
ORDER BY t.number
