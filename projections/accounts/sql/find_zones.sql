-- The zone of every program.
SELECT code, zone
FROM program
