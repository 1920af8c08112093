-- in:  shard smallint, number integer, timeline uuid, at timestamptz, lost_numbers integer[], lost_timelines uuid[]
-- out: position bigint
SELECT ledger.begin_timeline(%s::smallint, %s::integer, %s::uuid, %s::timestamptz, %s::integer[], %s::uuid[])
