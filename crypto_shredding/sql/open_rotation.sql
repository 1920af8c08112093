-- Only under the tree's lock, for the tree as it is, and never beside a rotation that is open: whoever lost the
-- rotation's lock without noticing must not begin one.
-- in:  version bigint, previous bigint or null, at timestamptz
-- out: version, when it was opened
INSERT INTO crypto_shredding.rotation (version, previous, opened_at)
SELECT
    %(version)s,
    %(previous)s::bigint,
    %(at)s
WHERE (SELECT t.version FROM crypto_shredding.tree AS t) IS NOT DISTINCT FROM %(previous)s::bigint
    AND NOT EXISTS (
        SELECT
        FROM crypto_shredding.rotation AS r
        LEFT JOIN crypto_shredding.rotation_outcome AS o ON r.version = o.version
        LEFT JOIN crypto_shredding.rotation_end AS e ON r.version = e.version
        WHERE r.version > (SELECT coalesce(max(x.version), 0) FROM crypto_shredding.rotation_end AS x)
            AND e.version IS NULL
            AND (o.committed IS NULL OR (o.committed AND r.previous IS NOT NULL))
    )
RETURNING version
