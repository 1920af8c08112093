-- The account's program, and its points at the beginning and the end of a period.
-- in: account, since, until (days, NULL: no bound), recorded_until (NULL: now)
SELECT
    a.program,
    coalesce(sum(s.points) FILTER (WHERE s.occurred_on < %(since)s::date), 0)::bigint AS opening,
    coalesce(sum(s.points), 0)::bigint AS closing
FROM projections.account AS a
LEFT JOIN projections.statement_line AS s
    ON
        a.account = s.account
        AND s.occurred_on <= coalesce(%(until)s::date, 'infinity')
        AND s.recorded_at <= coalesce(%(recorded_until)s::timestamptz, 'infinity')
WHERE a.account = %(account)s
GROUP BY a.account
