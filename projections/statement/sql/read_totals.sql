-- The account's program, its points at the beginning and the end of a period, and what lay beside them at its end.
-- in: account, since, until (days, NULL: no bound), recorded_until (NULL: now)
SELECT
    a.program,
    coalesce(sum(s.points) FILTER (WHERE s.occurred_on < %(since)s::date), 0)::bigint AS opening,
    coalesce(sum(s.points), 0)::bigint AS closing,
    coalesce(sum(s.held), 0)::bigint AS held,
    coalesce(sum(s.pending), 0)::bigint AS pending,
    coalesce(sum(s.owed), 0)::bigint AS owed
FROM projections.account AS a
LEFT JOIN projections.statement_line AS s
    ON
        a.account = s.account
        AND s.occurred_on <= coalesce(%(until)s::date, 'infinity')
        AND s.recorded_at <= coalesce(%(recorded_until)s::timestamptz, 'infinity')
WHERE a.account = %(account)s
GROUP BY a.account
