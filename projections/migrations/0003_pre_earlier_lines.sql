-- Lines of a statement that tell what happened in another system, before its points were taken over.

SET LOCAL ROLE ledger_projector;

-- Both or neither. `points` of such a line are 0: it moved nothing here.
ALTER TABLE projections.statement_line
ADD COLUMN earlier_movement text,
ADD COLUMN earlier_points bigint,
ADD CONSTRAINT statement_line_earlier_check CHECK ((earlier_movement IS NULL) = (earlier_points IS NULL));
