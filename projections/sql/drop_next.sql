-- What a comparison leaves behind.
DROP TABLE projections_next.tracking;
DROP TABLE projections_next.program;
DROP TABLE projections_next.account;
DROP TABLE projections_next.lot;
DROP TABLE projections_next.aside;
DROP TABLE projections_next.statement_line;
DROP TABLE projections_next.journal;
DROP TABLE projections_next.spending;
