-- The boxes of one page that are held apart; only for the role of disputes.
-- in: positions bigint [], fields smallint [], shard
SELECT b.position, b.field, b.box
FROM unnest(%s::bigint [], %s::smallint []) AS w (position, field)
INNER JOIN ledger.held_box AS b ON w.position = b.position AND w.field = b.field
WHERE b.shard = %s
