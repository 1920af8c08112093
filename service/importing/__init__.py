"""Importing (이관): members, points and history of another system, from plain files, through the ledger's commands.

```
files ─► reading ─► rows ─► judge ─► sending ─► the ledger        columns are in `layout`, reasons in `reasons`
            │         │       │         │
            └─────────┴───────┴─────────┴──► rejects              totals ◄── the books
```
A dry run is the same without the sending.
"""
