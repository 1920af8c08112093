-- Points of the accounts into which a system was taken over: what came, what happened since, and what the lots have.
-- in: source
WITH mine AS (
    SELECT DISTINCT s.account
    FROM projections.statement_line AS s
    WHERE s.source = %(source)s AND s.movement IN ('import', 'import-hold', 'import-coupon')
),

booked AS (
    SELECT
        j.program, j.kind, j.funder,
        sum(-j.points) FILTER (WHERE j.movement IN ('import', 'import-hold')) AS came,
        sum(-j.points) FILTER (WHERE j.movement NOT IN ('import', 'import-hold')) AS since,
        0 AS lots
    FROM projections.journal AS j
    INNER JOIN mine ON j.account = mine.account
    WHERE j.account_code = 'member_points'
    GROUP BY j.program, j.kind, j.funder
),

lying AS (
    SELECT l.program, l.kind, l.funder, 0 AS came, 0 AS since, sum(l.points) AS lots
    FROM projections.lot AS l
    INNER JOIN mine ON l.account = mine.account
    GROUP BY l.program, l.kind, l.funder
)

SELECT
    u.program, u.kind, u.funder,
    coalesce(sum(u.came), 0)::bigint AS came, coalesce(sum(u.since), 0)::bigint AS since, sum(u.lots)::bigint AS lots
FROM (SELECT * FROM booked UNION ALL SELECT * FROM lying) AS u
GROUP BY u.program, u.kind, u.funder
ORDER BY u.program, u.kind, u.funder
