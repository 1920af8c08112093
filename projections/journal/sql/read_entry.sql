-- All lines of one event.
-- in: position
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
WHERE position = %s
ORDER BY line
