-- Lines that were taken over from another system, and what they tell of it.

SET LOCAL ROLE ledger_projector;

-- `source` names the system. The others say what happened there, of a line that moved nothing here: both or neither.
ALTER TABLE projections.statement_line
ADD COLUMN source text,
ADD COLUMN earlier_movement text,
ADD COLUMN earlier_points bigint,
ADD CONSTRAINT statement_line_earlier_check CHECK (
    (earlier_movement IS NULL) = (earlier_points IS NULL) AND (earlier_movement IS NULL OR source IS NOT NULL)
);
