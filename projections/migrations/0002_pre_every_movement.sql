-- What is held, promised and owed beside the lots; statement lines that move no points; accounts that stand still.

SET LOCAL ROLE ledger_projector;

ALTER TABLE projections.account DROP CONSTRAINT account_status_check;
ALTER TABLE projections.account
ADD CONSTRAINT account_status_check CHECK (status IN ('active', 'suspended', 'frozen', 'left'));

-- Points of an account that lie in none of its lots. A row stays when its points are gone, as those of lots do.
CREATE TABLE projections.aside (
    account uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('held', 'pending', 'owed')),
    kind text NOT NULL,
    funder text NOT NULL, -- of the points; of a debt: to whom it is owed
    program text NOT NULL,
    points bigint NOT NULL CHECK (points >= 0),
    PRIMARY KEY (account, what, kind, funder)
);

-- `points` are what the line did to the lots; the others what it did beside them, signed. Most lines did nothing there.
ALTER TABLE projections.statement_line
DROP CONSTRAINT statement_line_points_check,
ADD COLUMN held bigint NOT NULL DEFAULT 0,
ADD COLUMN pending bigint NOT NULL DEFAULT 0,
ADD COLUMN owed bigint NOT NULL DEFAULT 0;
