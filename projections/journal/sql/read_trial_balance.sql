-- in: occurred_until (day), recorded_until (instant), program; NULL: all
SELECT program, account_code, kind, funder, sum(points)::bigint AS points
FROM projections.journal
WHERE
    occurred_on <= coalesce(%(occurred_until)s::date, 'infinity')
    AND recorded_at <= coalesce(%(recorded_until)s::timestamptz, 'infinity')
    AND program = coalesce(%(program)s::text, program)
GROUP BY program, account_code, kind, funder
