-- What was taken over from a system and is owed: each event's points by kind and funder, as the journal has them.
-- in: source
SELECT s.event_id, j.program, s.movement, j.kind, j.funder, -j.points AS points
FROM projections.statement_line AS s
INNER JOIN projections.journal AS j
    ON
        s.position = j.position
        AND j.account_code = CASE s.movement
            WHEN 'import' THEN 'member_points' WHEN 'import-hold' THEN 'held_points' ELSE 'coupon_liability'
        END
WHERE s.source = %(source)s AND s.movement IN ('import', 'import-hold', 'import-coupon')
