-- in: shard smallint, number integer, at timestamptz
INSERT INTO ledger.timeline_opened (shard, number, opened_at)
VALUES (%s, %s, %s)
ON CONFLICT DO NOTHING
