-- in:  levels smallint[], numbers bigint[] (parallel)
-- out: level, number, blob
SELECT
    n.level,
    n.number,
    n.blob
FROM unnest(%(levels)s::smallint[], %(numbers)s::bigint[]) AS a (level, number)
INNER JOIN crypto_shredding.node AS n ON a.level = n.level AND a.number = n.number
