-- The journal lines that a figure is the sum of.
-- in: program, account_code, kind, funder, movement, since, until, recorded_until (NULL: all), after_position,
--     after_line, limit
SELECT
    position,
    line,
    occurred_on,
    occurred_at,
    recorded_at,
    program,
    account_code,
    kind,
    funder,
    account,
    movement,
    points
FROM projections.journal
WHERE
    (position, line) > (%(after_position)s, %(after_line)s)
    AND program = coalesce(%(program)s::text, program)
    AND account_code = coalesce(%(account_code)s::text, account_code)
    AND kind = coalesce(%(kind)s::text, kind)
    AND funder = coalesce(%(funder)s::text, funder)
    AND movement = coalesce(%(movement)s::text, movement)
    AND occurred_on >= coalesce(%(since)s::date, '-infinity')
    AND occurred_on <= coalesce(%(until)s::date, 'infinity')
    AND recorded_at <= coalesce(%(recorded_until)s::timestamptz, 'infinity')
ORDER BY position, line
LIMIT %(limit)s
