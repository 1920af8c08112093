-- Points onto or off what lies beside the lots. A row that is not there yet is made.
-- in: account, what, kind, funder, program, points (signed), each an array
WITH moved AS (
    SELECT m.account, m.what, m.kind, m.funder, m.program, m.points
    FROM unnest(%s::uuid [], %s::text [], %s::text [], %s::text [], %s::text [], %s::bigint [])
        AS m (account, what, kind, funder, program, points)
),

found AS (
    UPDATE aside AS a SET points = a.points + m.points
    FROM moved AS m
    WHERE a.account = m.account AND a.what = m.what AND a.kind = m.kind AND a.funder = m.funder
    RETURNING a.account, a.what, a.kind, a.funder
)

INSERT INTO aside (account, what, kind, funder, program, points)
SELECT m.account, m.what, m.kind, m.funder, m.program, m.points
FROM moved AS m
LEFT JOIN found AS f ON m.account = f.account AND m.what = f.what AND m.kind = f.kind AND m.funder = f.funder
WHERE f.account IS NULL
