-- The account's zone, and the positions of what moved its points, as far as it had occurred and was recorded.
-- in: account, occurred_until, recorded_until (NULL: all)
SELECT
    p.zone,
    array(
        SELECT s.position
        FROM projections.statement_line AS s
        WHERE
            s.account = a.account
            AND s.occurred_at <= %(occurred_until)s
            AND s.recorded_at <= coalesce(%(recorded_until)s::timestamptz, 'infinity')
        ORDER BY s.position
    ) AS positions
FROM projections.account AS a
INNER JOIN projections.program AS p ON a.program = p.code
WHERE a.account = %(account)s
