-- Keep writers of a generation out for the session, unless somebody else does.
-- in: shard, generation
SELECT pg_try_advisory_lock(5263946, %s::integer * 16 + %s::integer)
