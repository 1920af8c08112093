-- Doomed slots that no rotation has taken along yet: whole dooms, in the order in which they committed. A rotation
-- takes at least one doom, and otherwise no more slots than its limit.
-- in:  slots_max bigint
-- out: counter, slot
WITH taken AS (
    SELECT o.doom_counter AS counter FROM crypto_shredding.rotation_outcome AS o
    WHERE o.committed
    ORDER BY o.version DESC LIMIT 1
),

next AS (
    SELECT
        d.counter,
        d.slot
    FROM crypto_shredding.doom AS d
    WHERE d.counter > coalesce((SELECT t.counter FROM taken AS t), 0)
    ORDER BY d.counter LIMIT %(slots_max)s
)

SELECT
    d.counter,
    d.slot
FROM crypto_shredding.doom AS d
WHERE d.counter > coalesce((SELECT t.counter FROM taken AS t), 0)
    AND d.counter <= greatest(
        (SELECT max(n.counter) - 1 FROM next AS n),
        (SELECT min(n.counter) FROM next AS n),
        CASE WHEN (SELECT count(*) FROM next AS n) < %(slots_max)s THEN (SELECT max(n.counter) FROM next AS n) END
    )
ORDER BY d.counter, d.slot
