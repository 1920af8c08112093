-- The tables that are built take the place of the live ones.
DROP TABLE projections.tracking;
DROP TABLE projections.program;
DROP TABLE projections.account;
DROP TABLE projections.lot;
DROP TABLE projections.aside;
DROP TABLE projections.statement_line;
DROP TABLE projections.journal;
DROP TABLE projections.spending;
ALTER TABLE projections_next.tracking SET SCHEMA projections;
ALTER TABLE projections_next.program SET SCHEMA projections;
ALTER TABLE projections_next.account SET SCHEMA projections;
ALTER TABLE projections_next.lot SET SCHEMA projections;
ALTER TABLE projections_next.aside SET SCHEMA projections;
ALTER TABLE projections_next.statement_line SET SCHEMA projections;
ALTER TABLE projections_next.journal SET SCHEMA projections;
ALTER TABLE projections_next.spending SET SCHEMA projections;
