-- Points that members have, hold, are promised and owe, by the journal and by the balances.
-- Also the position at which the tables stand.
-- in: log
WITH booked AS (
    SELECT
        program, account_code, kind, funder,
        CASE account_code WHEN 'deficits' THEN 1 ELSE -1 END * sum(points) AS points
    FROM projections.journal
    WHERE account_code IN ('member_points', 'held_points', 'pending_points', 'deficits')
    GROUP BY program, account_code, kind, funder
),

kept AS (
    SELECT program, 'member_points' AS account_code, kind, funder, sum(points) AS points
    FROM projections.lot
    GROUP BY program, kind, funder
    UNION ALL
    SELECT
        program,
        CASE what
            WHEN 'held' THEN 'held_points' WHEN 'pending' THEN 'pending_points' ELSE 'deficits'
        END AS account_code,
        kind, funder, sum(points) AS points
    FROM projections.aside
    GROUP BY program, what, kind, funder
)

SELECT
    t.position,
    program,
    account_code,
    kind,
    funder,
    coalesce(b.points, 0)::bigint AS journal,
    coalesce(k.points, 0)::bigint AS balances
FROM booked AS b
FULL JOIN kept AS k USING (program, account_code, kind, funder)
INNER JOIN projections.tracking AS t ON t.name = %(log)s
