COPY statement_line (
    account, position, event_id, topic, movement, occurred_on, occurred_at, recorded_at, points, reference, counterpart,
    fields, held, pending, owed, source, earlier_movement, earlier_points
) FROM STDIN
