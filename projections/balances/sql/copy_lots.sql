COPY lot (account, lot_id, expires_on, program, kind, funder, earned_at, usable_at, points) FROM STDIN
