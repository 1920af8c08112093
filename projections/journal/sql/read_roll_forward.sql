-- Points owed to members: what each movement did in each month, and what the month closed with.
-- in: program, until (day), recorded_until (instant); NULL: all
WITH moved AS (
    SELECT
        program, kind, funder, date_trunc('month', occurred_on)::date AS month, movement, -sum(points) AS points
    FROM projections.journal
    WHERE
        account_code = 'member_points'
        AND program = coalesce(%(program)s::text, program)
        AND occurred_on <= coalesce(%(until)s::date, 'infinity')
        AND recorded_at <= coalesce(%(recorded_until)s::timestamptz, 'infinity')
    GROUP BY program, kind, funder, month, movement
)

SELECT
    program, kind, funder, month, movement, points::bigint AS points,
    (sum(points) OVER (PARTITION BY program, kind, funder ORDER BY month))::bigint AS closing
FROM moved
ORDER BY program, kind, funder, month, movement
