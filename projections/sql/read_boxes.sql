-- The boxes of one page.
-- in: positions bigint [], fields smallint [], shard
SELECT b.position, b.field, b.box
FROM unnest(%s::bigint [], %s::smallint []) AS w (position, field)
INNER JOIN ledger.box AS b ON w.position = b.position AND w.field = b.field
WHERE b.shard = %s
