-- Points on one account of the books: what each movement did in each month, and what the month closed with.
-- in: account_code, sign, program, until (day), recorded_until (instant); NULL: all
WITH moved AS (
    SELECT
        program, kind, funder, date_trunc('month', occurred_on)::date AS month, movement,
        %(sign)s::integer * sum(points) AS points
    FROM projections.journal
    WHERE
        account_code = %(account_code)s
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
