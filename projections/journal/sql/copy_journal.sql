COPY journal (
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
) FROM STDIN
