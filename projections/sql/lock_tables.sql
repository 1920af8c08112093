-- Every live table at once, so that no reader is met half-way.
LOCK TABLE
    projections.tracking,
    projections.program,
    projections.account,
    projections.lot,
    projections.aside,
    projections.statement_line,
    projections.journal,
    projections.spending
IN ACCESS EXCLUSIVE MODE
