"""Read models of the ledger: balances, statements and the journal, fed from the log exactly once and rebuildable.

```python
with Projector(dsn) as projector:
    projector.catch_up()                      # or run_forever(stop) in a thread of its own
BalancesQuery(pool).balance(account, at=now)  # pool: psycopg_pool.ConnectionPool
```
"""

from projections.accounts.query import knows_program
from projections.balances.query import AccountRow, BalancesQuery
from projections.errors import (
    BadEvent,
    CannotApply,
    FeedLost,
    NoPlace,
    NoSuchAccount,
    NotReached,
    ProjectionError,
    RebuildDiffers,
    UnknownAccount,
    UnknownLot,
    UnknownSpending,
)
from projections.generation import Generation
from projections.journal.chart import DEFAULT_CHART, MEMBER_POINTS, Chart, ChartAccount, Nature, chart_of
from projections.journal.imported import ImportedPoints, ImportedQuery, TakenOver
from projections.journal.post import post
from projections.journal.posting import Posting
from projections.journal.roll_forward import CARRIED, COLUMNS, RollForwardQuery, RollForwardRow
from projections.journal.rows import Figure, JournalLine, JournalQuery
from projections.journal.ties import Comparison
from projections.journal.trial_balance import TrialBalance, TrialBalanceQuery, TrialBalanceRow
from projections.log import read_held_boxes
from projections.migrate import MigrationChanged, migrate
from projections.movements import BY_WORD, Movement
from projections.rebuild import RebuildReport, RebuildRunning, TableComparison, TablesInUse, rebuild
from projections.runner import Projector
from projections.statement.query import HELD_APART, Statement, StatementLine, StatementQuery
from projections.tracking import ProjectionTracking

__all__ = [
    "BY_WORD",
    "CARRIED",
    "COLUMNS",
    "DEFAULT_CHART",
    "HELD_APART",
    "MEMBER_POINTS",
    "AccountRow",
    "BadEvent",
    "BalancesQuery",
    "CannotApply",
    "Chart",
    "ChartAccount",
    "Comparison",
    "FeedLost",
    "Figure",
    "Generation",
    "ImportedPoints",
    "ImportedQuery",
    "JournalLine",
    "JournalQuery",
    "MigrationChanged",
    "Movement",
    "Nature",
    "NoPlace",
    "NoSuchAccount",
    "NotReached",
    "Posting",
    "ProjectionError",
    "ProjectionTracking",
    "Projector",
    "RebuildDiffers",
    "RebuildReport",
    "RebuildRunning",
    "RollForwardQuery",
    "RollForwardRow",
    "Statement",
    "StatementLine",
    "StatementQuery",
    "TableComparison",
    "TablesInUse",
    "TakenOver",
    "TrialBalance",
    "TrialBalanceQuery",
    "TrialBalanceRow",
    "UnknownAccount",
    "UnknownLot",
    "UnknownSpending",
    "chart_of",
    "knows_program",
    "migrate",
    "post",
    "read_held_boxes",
    "rebuild",
]
