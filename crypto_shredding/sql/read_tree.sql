-- out: version, height, top; the last leaf that there is (-1 for none); the last slot issued
SELECT
    t.version,
    t.height,
    t.top,
    (SELECT coalesce(max(l.leaf), -1) FROM crypto_shredding.leaf AS l) AS last_leaf,
    (SELECT c.counter FROM crypto_shredding.issue_counter AS c) AS last_slot
FROM crypto_shredding.tree AS t
