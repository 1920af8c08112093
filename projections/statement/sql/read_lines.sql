-- A page of lines with the points that the account has after each. What precedes the page, and what precedes the
-- period, is carried in one sum.
-- in: account, since, until (days, NULL: no bound), recorded_until (NULL: now), after (position), limit
WITH known AS NOT MATERIALIZED (
    SELECT s.*, s.occurred_on < coalesce(%(since)s::date, '-infinity') AS is_earlier
    FROM projections.statement_line AS s
    WHERE
        s.account = %(account)s
        AND s.occurred_on <= coalesce(%(until)s::date, 'infinity')
        AND s.recorded_at <= coalesce(%(recorded_until)s::timestamptz, 'infinity')
),

page AS (
    SELECT *
    FROM known
    WHERE NOT is_earlier AND position > %(after)s
    ORDER BY position
    LIMIT %(limit)s
),

carried AS (
    SELECT coalesce(sum(points), 0) AS points, coalesce(sum(held), 0) AS held
    FROM known
    WHERE is_earlier OR position <= %(after)s
)

SELECT
    p.position, p.event_id, p.topic, p.movement, p.occurred_at, p.recorded_at, p.points,
    (carried.points + sum(p.points) OVER (ORDER BY p.position))::bigint AS balance,
    p.held, p.pending, p.owed,
    (carried.held + sum(p.held) OVER (ORDER BY p.position))::bigint AS held_balance,
    p.reference, p.counterpart, p.fields, p.source, p.earlier_movement, p.earlier_points
FROM page AS p
CROSS JOIN carried
ORDER BY p.position
