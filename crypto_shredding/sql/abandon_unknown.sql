-- Root versions that no rotation here knows were made for this tree by the database that was lost: abandoned.
-- in: versions bigint[], those that the root holds; at timestamptz
WITH unknown AS (
    INSERT INTO crypto_shredding.rotation (version, previous, opened_at)
    SELECT
        v.version,
        NULL,
        %(at)s
    FROM unnest(%(versions)s::bigint[]) AS v (version)
    WHERE NOT EXISTS (SELECT FROM crypto_shredding.rotation AS r WHERE r.version = v.version)
    RETURNING version
)

INSERT INTO crypto_shredding.rotation_outcome (version, committed, doom_counter, decided_at)
SELECT
    u.version,
    FALSE,
    0,
    %(at)s
FROM unknown AS u
