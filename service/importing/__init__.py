"""Importing (이관): members, points and history of another system, from plain files, through the ledger's commands.

```
files ─► reading ─► rows ─► judge ─► sending ─► the ledger        columns are in `layout`, reasons in `reasons`
            │         │       │         │
            └─────────┴───────┴─────────┴──► rejects              totals ◄── the books
```
Before that `expecting` compares the files with what the other system counts.
A dry run is the same without the sending.
"""
