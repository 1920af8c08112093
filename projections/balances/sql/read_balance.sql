-- What can be spent at an instant, and what of it is the next to expire. No row for an account that is not there.
-- in: account, at
WITH asked AS (
    SELECT a.account, (%(at)s::timestamptz AT TIME ZONE p.zone)::date AS today
    FROM projections.account AS a
    INNER JOIN projections.program AS p ON a.program = p.code
    WHERE a.account = %(account)s
),

spendable AS (
    SELECT l.points, l.expires_on, min(l.expires_on) OVER () AS next_expiry_on
    FROM asked
    INNER JOIN projections.lot AS l ON asked.account = l.account
    WHERE l.points > 0 AND l.usable_at <= %(at)s AND (l.expires_on IS NULL OR l.expires_on >= asked.today)
)

SELECT
    coalesce(sum(s.points), 0)::bigint AS available,
    min(s.next_expiry_on) AS next_expiry_on,
    coalesce(sum(s.points) FILTER (WHERE s.expires_on = s.next_expiry_on), 0)::bigint AS next_expiry_points
FROM asked
LEFT JOIN spendable AS s ON TRUE
GROUP BY asked.account
