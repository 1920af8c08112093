-- Let writers of a generation in again.
-- in: shard, generation
SELECT pg_advisory_unlock(5263946, %s::integer * 16 + %s::integer)
