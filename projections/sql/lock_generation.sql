-- Take the writer's lock of a generation until the end of the transaction. ('PRJ', and which)
-- in: shard, generation
SELECT pg_advisory_xact_lock(5263946, %s::integer * 16 + %s::integer)
