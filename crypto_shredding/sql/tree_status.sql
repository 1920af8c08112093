-- out: version, height, last slot issued, leaves, dooms that no rotation has taken along, the doom counter,
--      the rotation under way (version, committed, since when),
--      the last horizon (version destroyed, at, provider, recoverable_until)
SELECT
    t.version,
    t.height,
    (SELECT c.counter FROM crypto_shredding.issue_counter AS c) AS last_slot,
    (SELECT coalesce(max(l.leaf), -1) + 1 FROM crypto_shredding.leaf AS l) AS leaves,
    (
        SELECT count(*) FROM crypto_shredding.doom AS d
        WHERE d.counter > coalesce((
            SELECT o.doom_counter FROM crypto_shredding.rotation_outcome AS o
            WHERE o.committed
            ORDER BY o.version DESC LIMIT 1
        ), 0)
    ) AS dooms_waiting,
    (SELECT d.counter FROM crypto_shredding.doom_counter AS d) AS doom_counter,
    open.version AS open_version,
    open.committed AS open_committed,
    open.since AS open_since,
    e.destroyed,
    e.ended_at,
    e.provider,
    e.recoverable_until
FROM crypto_shredding.tree AS t
LEFT JOIN LATERAL (
    SELECT
        r.version,
        coalesce(o.committed, FALSE) AS committed,
        coalesce(o.decided_at, r.opened_at) AS since
    FROM crypto_shredding.rotation AS r
    LEFT JOIN crypto_shredding.rotation_outcome AS o ON r.version = o.version
    LEFT JOIN crypto_shredding.rotation_end AS x ON r.version = x.version
    WHERE x.version IS NULL AND (o.committed IS NULL OR (o.committed AND r.previous IS NOT NULL))
    ORDER BY r.version DESC LIMIT 1
) AS open ON TRUE
LEFT JOIN LATERAL (
    SELECT
        x.destroyed,
        x.ended_at,
        x.provider,
        x.recoverable_until
    FROM crypto_shredding.rotation_end AS x
    ORDER BY x.version DESC LIMIT 1
) AS e ON TRUE
