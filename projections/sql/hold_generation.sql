-- Keep writers of a generation out for the session.
-- in: shard, generation
SELECT pg_advisory_lock(5263946, %s::integer * 16 + %s::integer)
