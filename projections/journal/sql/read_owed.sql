-- Points owed to members, by the journal and by the lots, at the position that the tables hold.
-- in: log
WITH booked AS (
    SELECT program, kind, funder, -sum(points) AS points
    FROM projections.journal
    WHERE account_code = 'member_points'
    GROUP BY program, kind, funder
),

left_of_lots AS (
    SELECT program, kind, funder, sum(points) AS points
    FROM projections.lot
    GROUP BY program, kind, funder
)

SELECT
    t.position,
    program,
    kind,
    funder,
    coalesce(b.points, 0)::bigint AS journal,
    coalesce(l.points, 0)::bigint AS balances
FROM booked AS b
FULL JOIN left_of_lots AS l USING (program, kind, funder)
INNER JOIN projections.tracking AS t ON t.name = %(log)s
