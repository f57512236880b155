"""What a port has seen before: state folder, timeline, exact look-ups as of a moment."""

from features.history.events import HistoryError
from features.history.state import State
from features.history.storage import StateError
from features.history.timeline import DAYS_NEEDED, Timeline

__all__ = ["DAYS_NEEDED", "HistoryError", "State", "StateError", "Timeline"]
