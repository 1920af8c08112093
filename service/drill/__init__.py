"""The drill: every row of the threat model is tried on real copies of a real installation, and then it is restored."""

from service.drill.report import THREATS, DrillReport, Row, Threat, Verdict
from service.drill.run import run_drill

__all__ = ["THREATS", "DrillReport", "Row", "Threat", "Verdict", "run_drill"]
