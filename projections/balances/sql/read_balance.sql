-- What can be spent at an instant, what of it is the next to expire, and what lies beside it.
-- No row for an account that is not there.
-- in: account, at
WITH asked AS (
    SELECT a.account, (%(at)s::timestamptz AT TIME ZONE p.zone)::date AS today
    FROM projections.account AS a
    INNER JOIN projections.program AS p ON a.program = p.code
    WHERE a.account = %(account)s
),

lots AS (
    SELECT
        l.points, l.expires_on,
        l.usable_at <= %(at)s AS is_usable,
        l.usable_at <= %(at)s AND (l.expires_on IS NULL OR l.expires_on >= asked.today) AS is_spendable
    FROM asked
    INNER JOIN projections.lot AS l ON asked.account = l.account
    WHERE l.points > 0
),

sums AS (
    SELECT
        coalesce(sum(points) FILTER (WHERE is_spendable), 0) AS available,
        coalesce(sum(points) FILTER (WHERE NOT is_usable), 0) AS not_usable,
        min(expires_on) FILTER (WHERE is_spendable) AS next_expiry_on
    FROM lots
),

beside AS (
    SELECT
        coalesce(sum(s.points) FILTER (WHERE s.what = 'held'), 0) AS held,
        coalesce(sum(s.points) FILTER (WHERE s.what = 'pending'), 0) AS pending,
        coalesce(sum(s.points) FILTER (WHERE s.what = 'owed'), 0) AS deficit
    FROM asked
    INNER JOIN projections.aside AS s ON asked.account = s.account
)

SELECT
    sums.available::bigint AS available,
    beside.held::bigint AS held,
    (beside.pending + sums.not_usable)::bigint AS pending,
    beside.deficit::bigint AS deficit,
    sums.next_expiry_on,
    (
        SELECT coalesce(sum(l.points), 0)::bigint
        FROM lots AS l
        WHERE l.is_spendable AND l.expires_on = sums.next_expiry_on
    ) AS next_expiry_points
FROM asked
CROSS JOIN sums
CROSS JOIN beside
